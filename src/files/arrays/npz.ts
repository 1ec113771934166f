// NumPy's `.npz`: a zip archive of `.npy` files, stored (`np.savez`) or deflated (`np.savez_compressed`).

import { quoted } from '../../shared/text/quoted'
import { ArrayFileError } from '../source/errors'
import type { FileSource } from '../source/fileSource'
import { readNpy } from './npy'
import { isTorchArchive, torchFile } from './pickles'
import type { ArrayEntry } from './storedArray'
import { contentOf, readZipDirectory, type ZipEntry } from './zip'

/**
 * The arrays of an archive. An array that cannot be read is refused, and does not hide the others.
 * @throws ArrayFileError; PickledArrayError if `torch.save` wrote the archive
 */
export async function readNpz({ bytes, name }: FileSource): Promise<ArrayEntry[]> {
  const directory = await readZipDirectory(bytes, name)
  if (isTorchArchive(directory.map((entry) => entry.name))) throw torchFile(name)
  const entries: ArrayEntry[] = []
  for (const entry of directory) {
    const array = arrayName(entry)
    if (array === undefined) continue
    entries.push(await readEntry({ bytes, name }, entry, array))
  }
  if (entries.length === 0) {
    throw new ArrayFileError(`${quoted(name)} is an archive without arrays. Save it with np.savez.`)
  }
  if (new Set(entries.map((entry) => entry.name)).size < entries.length)
    throw new ArrayFileError(`${quoted(name)} has two arrays of one name. Save it again with np.savez.`)
  return entries
}

/** `logits` for `logits.npy`; undefined for other entries. */
function arrayName({ name }: ZipEntry): string | undefined {
  return name.endsWith('.npy') ? name.slice(0, -'.npy'.length) : undefined
}

async function readEntry(
  { bytes, name: file }: Pick<FileSource, 'bytes' | 'name'>,
  entry: ZipEntry,
  array: string,
): Promise<ArrayEntry> {
  try {
    return await readNpy(await contentOf(bytes, entry, file), { file, array })
  } catch (error) {
    if (!(error instanceof ArrayFileError)) throw error
    return { kind: 'refused', name: array, error }
  }
}
