import { constants } from 'node:fs'
import { lstat, open, rm, type FileHandle } from 'node:fs/promises'

/** Writes a file and flushes it to the disk before it resolves. A symbolic link is replaced, not written through. */
export async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  const { O_WRONLY, O_CREAT, O_TRUNC } = constants
  const file = await openWithoutLink(path, O_WRONLY | O_CREAT | O_TRUNC)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

/**
 * Opens a file for writing. A symbolic link is removed first, because writing through it would change a file outside of
 * the folder; one that appears in between makes the call fail, except on Windows, which has no flag for it.
 */
export async function openWithoutLink(path: string, flags: number): Promise<FileHandle> {
  await removeLink(path)
  return open(path, flags | (constants.O_NOFOLLOW ?? 0))
}

/** Removes what is at `path` if it is a symbolic link. */
export async function removeLink(path: string): Promise<void> {
  const stat = await lstat(path).catch(() => undefined)
  if (stat?.isSymbolicLink() === true) await rm(path)
}

/** Flushes the entries of a folder to the disk. Windows has no call for this and does not need one. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform !== 'win32') await withFile(path, 'r', (folder) => folder.sync())
}

/** Opens a file for as long as `use` runs. */
export async function withFile<T>(
  path: string,
  flags: string,
  use: (file: FileHandle) => Promise<T>,
): Promise<T> {
  const file = await open(path, flags)
  try {
    return await use(file)
  } finally {
    await file.close()
  }
}
