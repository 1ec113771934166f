import { realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BYTES_PER_ELEMENT, type Checkpoint } from '../gpt2/checkpoint'

/**
 * The same checkpoint, whose files the runtime maps into memory if it can: every tensor begins at a multiple of its
 * elements' size, in a file that is in the folder itself. ONNX Runtime refuses links that lead out of the folder.
 * @param folder of the checkpoint's files, to which only Logitscope writes: a file that is overwritten while it is mapped
 * changes the weights, and one that is truncated ends the process
 */
export async function withMappedFiles(checkpoint: Checkpoint, folder: string): Promise<Checkpoint> {
  const files = new Set<string>()
  for (const name of checkpoint.names) {
    const { place, type } = checkpoint.weight(name)
    if (place === undefined || place.offset % BYTES_PER_ELEMENT[type] !== 0) return checkpoint
    files.add(place.file)
  }
  const mappedFolder = await realpath(folder)
  for (const file of files) {
    if (dirname(await realpath(join(folder, file))) !== mappedFolder) return checkpoint
  }
  return { ...checkpoint, mappedFolder }
}
