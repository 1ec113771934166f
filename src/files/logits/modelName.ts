import { readSafetensorsMetadata } from '../../model/formats/safetensors'
import { isRecord } from '../../shared/isRecord'
import { formatOf } from '../arrays/openArrays'
import type { FileSource } from '../source/fileSource'

/**
 * The model that a safetensors file names in its metadata, `{"__metadata__": {"model": "gpt2"}}`. Undefined if it names
 * none; the other formats have no place for it.
 * @throws SafetensorsError if the header cannot be read
 */
export async function modelNameOf(source: FileSource): Promise<string | undefined> {
  if ((await formatOf(source)) !== 'safetensors') return undefined
  const metadata = await readSafetensorsMetadata(source.bytes, source.name)
  return isRecord(metadata) && typeof metadata.model === 'string' ? metadata.model : undefined
}
