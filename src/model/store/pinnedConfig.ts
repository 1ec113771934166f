import { ModelConfigError } from '../../shared/errors'
import { CONFIG_FILE } from '../formats/modelFiles'
import { parseConfig } from '../gpt2/config'
import { downloadConfig, type DownloadOptions, type Hub } from '../hub/download'
import { configOf, type PinnedModel } from '../registry'

/**
 * The text of the hub’s `config.json`.
 * @throws ModelConfigError if it is another model’s, and what `downloadConfig` throws
 */
export async function downloadPinnedConfig(
  hub: Hub,
  model: PinnedModel,
  options: DownloadOptions,
): Promise<string> {
  const config = await downloadConfig(hub, model, options)
  if (isConfigOf(config, model)) return config
  throw new ModelConfigError(`The hub’s ${CONFIG_FILE} is not that of ${model.id}.`)
}

/** Whether a `config.json` describes the same graph as the registry. */
export function isConfigOf(json: string, model: PinnedModel): boolean {
  const graphOf = (config: string) => JSON.stringify(parseConfig(config))
  try {
    return graphOf(json) === graphOf(JSON.stringify(configOf(model)))
  } catch {
    return false
  }
}
