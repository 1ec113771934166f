import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ModelConfigError } from '../../shared/errors'
import { parseConfig } from '../config'
import { downloadConfig, type DownloadOptions, type Hub } from '../hub/download'
import { CONFIG_FILE } from '../modelFiles'
import { configOf, type PinnedModel } from '../registry'
import { writeDurably } from './durableFiles'

/**
 * Leaves the hub’s `config.json` in a folder, unless it is there already.
 * @throws ModelConfigError where it is another model’s, and what `downloadConfig` throws
 */
export async function fetchConfig(
  hub: Hub,
  model: PinnedModel,
  folder: string,
  options: DownloadOptions,
): Promise<void> {
  const path = join(folder, CONFIG_FILE)
  const kept = await readFile(path, 'utf8').catch(() => undefined)
  if (kept !== undefined && isConfigOf(kept, model)) return
  const config = await downloadConfig(hub, model, options)
  if (!isConfigOf(config, model))
    throw new ModelConfigError(`The hub’s ${CONFIG_FILE} is not that of ${model.id}.`)
  await writeDurably(path, config)
}

/** The same without a hub, from the registry. */
export async function writeConfig(model: PinnedModel, folder: string): Promise<void> {
  await writeDurably(join(folder, CONFIG_FILE), JSON.stringify(configOf(model), undefined, 2))
}

/** Whether it describes the same graph as the registry does. */
function isConfigOf(json: string, model: PinnedModel): boolean {
  const graphOf = (config: string) => JSON.stringify(parseConfig(config))
  try {
    return graphOf(json) === graphOf(JSON.stringify(configOf(model)))
  } catch {
    return false
  }
}
