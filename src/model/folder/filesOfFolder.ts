import { constants, readSync } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
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

/** Opens a file; rejects with Node's own error if it cannot. */
export async function openFile(path: string): Promise<ByteSource> {
  const file = await open(path, READ_WITHOUT_WAITING)
  const stat = await file.stat()
  if (!stat.isFile()) {
    await file.close()
    throw new Error(`${path} is not a file`)
  }
  const { size } = stat
  return {
    size,
    async read(offset, length) {
      const bytes = new Uint8Array(length)
      let filled = 0
      while (filled < length) {
        const { bytesRead } = await file.read(
          bytes,
          filled,
          Math.min(length - filled, MAX_READ_BYTES),
          offset + filled,
        )
        if (bytesRead === 0) throw new Error(`${path} ends at byte ${offset + filled}`)
        filled += bytesRead
      }
      return bytes
    },
    readNow(offset, target) {
      let filled = 0
      while (filled < target.length) {
        const length = Math.min(target.length - filled, MAX_READ_BYTES)
        const bytesRead = readSync(file.fd, target, filled, length, offset + filled)
        if (bytesRead === 0) throw new Error(`${path} ends at byte ${offset + filled}`)
        filled += bytesRead
      }
    },
    close: () => file.close(),
  }
}
