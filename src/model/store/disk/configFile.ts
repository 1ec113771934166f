import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DownloadOptions, Hub } from '../../hub/download'
import { CONFIG_FILE } from '../../formats/modelFiles'
import { configOf, type PinnedModel } from '../../registry'
import { writeDurably } from './durableFiles'
import { downloadPinnedConfig, isConfigOf } from '../pinnedConfig'

/**
 * Leaves the hub’s `config.json` in a folder, unless it is there already.
 * @throws what `downloadPinnedConfig` throws
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
  await writeDurably(path, await downloadPinnedConfig(hub, model, options))
}

/** The same without a hub, from the registry. */
export async function writeConfig(model: PinnedModel, folder: string): Promise<void> {
  await writeDurably(join(folder, CONFIG_FILE), JSON.stringify(configOf(model), undefined, 2))
}
