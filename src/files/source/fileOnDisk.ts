import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { openFile } from '../../model/folder/filesOfFolder'
import { delay } from '../../shared/delay'
import { quoted } from '../../shared/text/quoted'
import { ArrayFileError, FileChangedError } from './errors'
import type { FileSource } from './fileSource'

/**
 * Two writes within one tick of the file system's clock have the same time. Linux ticks every 1 to 10 ms, so a file is
 * opened only when its last write is older than this: then any later write changes its time.
 */
const CLOCK_TICK_MS = 20

/**
 * Opens a file of this machine. Waits for a few milliseconds if the file was written just now.
 * @throws ArrayFileError if the file does not exist or cannot be read
 */
export async function openFileOnDisk(path: string): Promise<FileSource> {
  const name = basename(path)
  const version = await settledVersion(path)
  const bytes = await openFile(path).catch((cause: unknown) => {
    throw unreadable(name, cause)
  })
  return {
    name,
    bytes,
    checkUnchanged: async () => {
      const now = await versionOf(path).catch((cause: unknown) => {
        throw changed(name, cause)
      })
      if (now.id !== version.id) throw changed(name)
    },
  }
}

/** Identity of a file's content, as far as the file system tells. */
interface FileVersion {
  readonly id: string
  readonly modifiedMs: number
}

async function versionOf(path: string): Promise<FileVersion> {
  const { dev, ino, size, mtimeNs, mtimeMs } = await stat(path, { bigint: true })
  return { id: [dev, ino, size, mtimeNs].join(' '), modifiedMs: Number(mtimeMs) }
}

async function settledVersion(path: string): Promise<FileVersion> {
  const version = await versionOf(path).catch((cause: unknown) => {
    throw unreadable(basename(path), cause)
  })
  const age = Date.now() - version.modifiedMs
  // The time can be in the future: another machine's clock.
  if (age < 0 || age >= CLOCK_TICK_MS) return version
  await delay(CLOCK_TICK_MS - age)
  return settledVersion(path)
}

function unreadable(name: string, cause: unknown): ArrayFileError {
  return new ArrayFileError(`${quoted(name)} cannot be opened. Check that the file exists and may be read.`, {
    cause,
  })
}

function changed(name: string, cause?: unknown): FileChangedError {
  return new FileChangedError(
    `${quoted(name)} was rewritten while it was read. Check it again when it is complete.`,
    {
      cause,
    },
  )
}
