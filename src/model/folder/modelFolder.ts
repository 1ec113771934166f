// A model in a folder on this machine.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ModelFilesError } from '../../shared/errors'
import type { Checkpoint } from '../gpt2/checkpoint'
import { filesOfFolder } from './filesOfFolder'
import { CONFIG_FILE } from '../formats/modelFiles'
import { withModelFiles } from './openModelFiles'

/**
 * Opens the checkpoint in a folder for as long as `use` runs.
 * @throws what `withModelFiles` throws
 */
export function withModelFolder<T>(folder: string, use: (checkpoint: Checkpoint) => Promise<T>): Promise<T> {
  return withModelFiles(filesOfFolder(folder), use)
}

/**
 * Writes the missing `config.json` of a folder; never overwrites an existing one.
 * @throws ModelFilesError
 */
export async function saveConfig(folder: string, config: string): Promise<void> {
  try {
    await writeFile(join(folder, CONFIG_FILE), config, { flag: 'wx' })
  } catch (cause) {
    throw new ModelFilesError(
      `${CONFIG_FILE} cannot be written to ${folder}. Copy the model to a folder that you can write to.`,
      { cause },
    )
  }
}
