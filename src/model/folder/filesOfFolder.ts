import { constants, readSync } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { ModelFilesError } from '../../shared/errors'
import type { ByteSource } from '../formats/byteSource'
import type { ModelFiles } from '../formats/modelFiles'

/** Node reads at most 2 GiB in one call. */
const MAX_READ_BYTES = 1024 ** 3
/** Opening a pipe without a writer fails instead of blocking. Windows has neither this flag nor such pipes. */
const READ_WITHOUT_WAITING = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

/** The files of a folder on this machine; the methods reject with Node's own errors. */
export function filesOfFolder(folder: string): ModelFiles {
  return {
    place: folder,
    names: () => readdir(folder),
    open: (name) => openFile(join(folder, name)),
  }
}

/**
 * Opens a file; rejects with Node's own error if it cannot. Its methods throw ModelFilesError if a read fails, which
 * after the checks of the header means that the file was changed or its disk failed.
 */
export async function openFile(path: string): Promise<ByteSource> {
  const file = await open(path, READ_WITHOUT_WAITING)
  const stat = await file.stat()
  if (!stat.isFile()) {
    await file.close()
    throw new Error(`${path} is not a file`)
  }
  const { size } = stat
  const ended = (position: number) => new Error(`${path} ends at byte ${position}`)
  return {
    size,
    async read(offset, length) {
      const bytes = new Uint8Array(length)
      try {
        for (let filled = 0; filled < length;) {
          const count = Math.min(length - filled, MAX_READ_BYTES)
          const { bytesRead } = await file.read(bytes, filled, count, offset + filled)
          if (bytesRead === 0) throw ended(offset + filled)
          filled += bytesRead
        }
      } catch (cause) {
        throw readFailed(path, cause)
      }
      return bytes
    },
    readNow(offset, target) {
      try {
        for (let filled = 0; filled < target.length;) {
          const count = Math.min(target.length - filled, MAX_READ_BYTES)
          const bytesRead = readSync(file.fd, target, filled, count, offset + filled)
          if (bytesRead === 0) throw ended(offset + filled)
          filled += bytesRead
        }
      } catch (cause) {
        throw readFailed(path, cause)
      }
    },
    close: () => file.close(),
  }
}

function readFailed(path: string, cause: unknown): ModelFilesError {
  return new ModelFilesError(
    `${basename(path)} was changed or cannot be read any more. Check the file and load the model again.`,
    { cause },
  )
}
