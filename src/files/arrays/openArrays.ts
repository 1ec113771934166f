import { assertNever } from '../../shared/assertNever'
import { quoted } from '../../shared/text/quoted'
import { ArrayFileError, IncompleteArrayFileError } from '../source/errors'
import type { FileSource } from '../source/fileSource'
import { NPY_MAGIC, readNpy } from './npy'
import { readNpz } from './npz'
import { isPickle, pickleFile } from './pickles'
import { rangeOf } from './rawBytes'
import { readSafetensorsArrays } from './safetensorsArrays'
import type { ArrayEntry } from './storedArray'

/** Enough to tell the formats apart. */
const START_BYTES = 9
/** Of a zip archive: an entry, or the end of an empty directory. */
const ZIP_MAGICS = [Uint8Array.of(0x50, 0x4b, 3, 4), Uint8Array.of(0x50, 0x4b, 5, 6)]

export type ArrayFormat = 'npy' | 'npz' | 'safetensors' | 'pickle'

/**
 * The arrays of a `.npy`, `.npz` or safetensors file. The format is told by the first bytes, not by the file's name.
 * Reads headers only.
 * @throws ArrayFileError, PickledArrayError, IncompleteArrayFileError
 */
export async function openArrays(source: FileSource): Promise<ArrayEntry[]> {
  const { bytes, name } = source
  const format = await formatOf(source)
  switch (format) {
    case 'npy':
      return [await readNpy(rangeOf(bytes, 0, bytes.size), { file: name, array: null })]
    case 'npz':
      return readNpz(source)
    case 'safetensors':
      return readSafetensorsArrays(source)
    case 'pickle':
      throw pickleFile(name)
    case undefined:
      throw unknownFormat(source)
    default:
      return assertNever(format)
  }
}

/** Undefined for a file of another format, or with too few bytes to tell. */
export async function formatOf({ bytes, name }: FileSource): Promise<ArrayFormat | undefined> {
  const start = await bytes.read(0, Math.min(START_BYTES, bytes.size))
  if (startsWith(start, NPY_MAGIC)) return 'npy'
  if (ZIP_MAGICS.some((magic) => startsWith(start, magic))) return 'npz'
  if (isPickle(start)) return 'pickle'
  // A safetensors header is JSON after eight bytes with its length.
  return start[8] === 0x7b || /\.safetensors$/i.test(name) ? 'safetensors' : undefined
}

function unknownFormat({ bytes, name }: FileSource): ArrayFileError {
  if (bytes.size < START_BYTES) {
    return new IncompleteArrayFileError(
      `${quoted(name)} has only ${bytes.size} bytes: it was cut off, or is still being written. Save it again.`,
    )
  }
  return new ArrayFileError(
    `${quoted(name)} is neither .npy nor .npz nor safetensors. Save the logits with np.save("logits.npy", logits).`,
  )
}

function startsWith(bytes: Uint8Array, magic: Uint8Array): boolean {
  return magic.every((byte, i) => bytes[i] === byte)
}
