import { stat } from 'node:fs/promises'

/** Bytes of the files; 0 for one that has been deleted meanwhile. */
export async function totalSize(paths: readonly string[]): Promise<number> {
  const sizes = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}
