import { readFile } from 'node:fs/promises'

/** Memory of a process in bytes; all NaN on systems without /proc. */
export interface ProcessMemory {
  readonly resident: number
  /** The largest resident size so far. */
  readonly peak: number
  /** Without the pages of mapped files. */
  readonly anonymous: number
  /** Resident, where a page that n processes share counts 1/n. */
  readonly proportional: number
}

export async function processMemory(pid: number): Promise<ProcessMemory> {
  const [status, maps] = await Promise.all(
    ['status', 'smaps_rollup'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
  )
  const bytes = (text: string | undefined, field: string) =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text ?? '')?.[1]) * 1024
  return {
    resident: bytes(status, 'VmRSS'),
    peak: bytes(status, 'VmHWM'),
    anonymous: bytes(maps, 'Anonymous'),
    proportional: bytes(maps, 'Pss'),
  }
}
