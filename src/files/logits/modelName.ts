import { readSafetensorsMetadata } from '../../model/formats/safetensors'
import { isRecord } from '../../shared/isRecord'
import type { FileSource } from '../fileSource'

/** Where the header of a safetensors file begins, with this character. */
const HEADER_START = 8
const BRACE = 0x7b
/** The first byte of a `.npy` file, whose ninth byte can be a brace too. */
const NPY_START = 0x93

/**
 * The model that a safetensors file names in its metadata, `{"__metadata__": {"model": "gpt2"}}`. Undefined if it names
 * none; the other formats have no place for it.
 * @throws SafetensorsError if the header cannot be read
 */
export async function modelNameOf({ bytes, name }: FileSource): Promise<string | undefined> {
  if (bytes.size <= HEADER_START) return undefined
  const start = await bytes.read(0, HEADER_START + 1)
  if (start[0] === NPY_START || start[HEADER_START] !== BRACE) return undefined
  const metadata = await readSafetensorsMetadata(bytes, name)
  return isRecord(metadata) && typeof metadata.model === 'string' ? metadata.model : undefined
}
