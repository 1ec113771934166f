import { open, type FileHandle } from 'node:fs/promises'

/** Writes a file whose content is on the disk when this resolves. */
export async function writeDurably(path: string, content: string): Promise<void> {
  await withFile(path, 'w', async (file) => {
    await file.writeFile(content)
    await file.sync()
  })
}

/** Puts on the disk which names a folder has; Windows has no such call, and needs none. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform !== 'win32') await withFile(path, 'r', (folder) => folder.sync())
}

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
