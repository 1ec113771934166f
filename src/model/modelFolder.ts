import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ModelFilesError } from '../shared/errors'
import { type ByteSource, openFile } from './byteSource'
import { type Checkpoint, openCheckpoint } from './checkpoint'
import { parseConfig } from './config'

/**
 * Opens the checkpoint in a folder of Hugging Face's layout for as long as `use` runs.
 * @throws ModelFilesError where a file is missing, and what `parseConfig` and `openCheckpoint` throw
 */
export async function withModelFolder<T>(
  folder: string,
  use: (checkpoint: Checkpoint) => Promise<T>,
): Promise<T> {
  const config = parseConfig(
    await orMissing('config.json', folder, readFile(join(folder, 'config.json'), 'utf8')),
  )
  const source: ByteSource = await orMissing(
    'model.safetensors',
    folder,
    openFile(join(folder, 'model.safetensors')),
  )
  try {
    return await use(await openCheckpoint(source, config))
  } finally {
    await source.close()
  }
}

async function orMissing<T>(file: string, folder: string, opening: Promise<T>): Promise<T> {
  try {
    return await opening
  } catch (cause) {
    throw new ModelFilesError(`${file} cannot be read from ${folder}. Is it the model’s folder?`, { cause })
  }
}
