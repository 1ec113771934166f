import type { FeatureOptions } from '../../editor/feature'
import { registerCommands } from '../../editor/registerCommands'
import { readSettings, writePrecision } from '../../editor/settings'
import type { Precision } from '../../shared/contracts/prediction'
import type { RequestHub } from '../../model/hub/hubTransport'
import { HubToken } from './hubToken'
import { ModelChoice, type ModelChoiceOptions } from './modelChoice'
import { ModelDownload } from './modelDownload'
import { ModelManager } from './modelManager'

export interface ModelsOptions
  extends FeatureOptions, Pick<ModelChoiceOptions, 'store' | 'disk' | 'memoryBytes' | 'reload'> {
  readonly requestHub: RequestHub
}

/** Selects, downloads and manages models. */
export function registerModels({
  context,
  log,
  store,
  disk,
  memoryBytes,
  requestHub,
  reload,
}: ModelsOptions): void {
  const token = new HubToken(context.secrets)
  const download = new ModelDownload({ store, requestHub, hasFolders: disk !== undefined, token, log })
  const choice = new ModelChoice({ store, disk, memoryBytes, download, log, reload })
  const manager = new ModelManager({ store, disk, choice, log })
  context.subscriptions.push(
    registerCommands({
      selectModel: () => choice.select(),
      useGpt2: () => choice.useGpt2(),
      manageModels: () => manager.show(),
      setHubToken: () => token.ask(),
      useInt8: () => usePrecision('int8'),
      useFp32: () => usePrecision('fp32'),
    }),
  )
}

/** Sets the precision of the selected model. */
async function usePrecision(precision: Precision): Promise<void> {
  await writePrecision(readSettings().model, precision)
}
