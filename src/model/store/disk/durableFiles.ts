import { open, type FileHandle } from 'node:fs/promises'

/** Writes a file and flushes it to the disk before it resolves. */
export async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  await withFile(path, 'w', async (file) => {
    await file.writeFile(content)
    await file.sync()
  })
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
