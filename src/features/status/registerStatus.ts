import type { FeatureOptions } from '../../editor/feature'
import { registerCommands } from '../../editor/registerCommands'
import type { StatusEntry } from '../../editor/statusEntries'
import { StatusItem } from './statusItem'
import { retryWebGpuOrReport } from './webGpuFailure'

export interface StatusOptions extends FeatureOptions {
  /** The contributions of all features. */
  readonly entries: readonly StatusEntry[]
  /** Id of the model that the engine starts with. */
  readonly modelId: () => string
  /** Resolves with the reason if WebGPU is not used; undefined if it is used, or if the reason was reported. */
  readonly retryWebGpu: () => Promise<string | undefined>
}

/** Shows model, backend and state in the status bar, with a menu of the features' entries. */
export function registerStatus({ context, log, entries, modelId, retryWebGpu }: StatusOptions): StatusItem {
  const status = new StatusItem({ entries, modelId, extensionUri: context.extensionUri })
  context.subscriptions.push(
    status,
    registerCommands({
      showMenu: () => status.showMenu(),
      retryWebGpu: () => retryWebGpuOrReport(retryWebGpu, log),
      showLog: () => {
        log.show()
      },
    }),
  )
  return status
}
