import { rename, rm, writeFile } from 'node:fs/promises'

/**
 * Writes a file on this machine's disk, one piece at a time. An existing file is replaced only by a complete one.
 * @throws the signal's AbortError, and the system's error if the disk cannot be written
 */
export async function writeOnDisk(
  path: string,
  pieces: Iterable<string>,
  signal: AbortSignal,
): Promise<void> {
  const partial = `${path}.partial`
  try {
    await writeFile(partial, pieces, { signal })
    await rename(partial, path)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
}
