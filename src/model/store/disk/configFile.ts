import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CONFIG_FILE } from '../../formats/modelFiles'
import type { DownloadOptions, Hub } from '../../hub/download'
import { configOf, type PinnedModel } from '../../registry'
import { downloadPinnedConfig, isConfigOf } from '../pinnedConfig'
import { writeDurably } from './durableFiles'

export interface ConfigDownload {
  readonly hub: Hub
  readonly model: PinnedModel
  /** The folder to write `config.json` to. */
  readonly folder: string
}

/**
 * Downloads the hub's `config.json` to a folder, unless the folder already has it.
 * @throws what `downloadPinnedConfig` throws
 */
export async function downloadConfigFile(
  { hub, model, folder }: ConfigDownload,
  options: DownloadOptions,
): Promise<void> {
  const path = join(folder, CONFIG_FILE)
  const existing = await readFile(path, 'utf8').catch(() => undefined)
  if (existing !== undefined && isConfigOf(existing, model)) return
  await writeDurably(path, await downloadPinnedConfig(hub, model, options))
}

/** Writes the registry's `config.json` to a folder, without a hub. */
export async function writeConfigFile(model: PinnedModel, folder: string): Promise<void> {
  await writeDurably(join(folder, CONFIG_FILE), JSON.stringify(configOf(model), undefined, 2))
}
