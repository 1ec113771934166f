import type { FeatureOptions } from '../../editor/registration/feature'
import { registerCommands } from '../../editor/registration/registerCommands'
import type { StatusEntry } from '../../editor/ui/statusEntries'
import { StatusItem } from './statusItem'
import type { RetryOutcome } from '../../shared/contracts/engine/backends'
import { retryBackendOrReport } from './backendFailure'
import { installNative } from './nativeOffer'

export interface StatusOptions extends FeatureOptions {
  /** The contributions of all features. */
  readonly entries: readonly StatusEntry[]
  /** Id of the model that the engine starts with. */
  readonly modelId: () => string
  /** Whether to offer the installation of Logitscope Native. */
  readonly offersNative: () => boolean
  readonly retryBackend: () => Promise<RetryOutcome | undefined>
}

/** Shows model, backend and state in the status bar, with a menu of the features' entries. */
export function registerStatus(options: StatusOptions): StatusItem {
  const { context, log, retryBackend } = options
  const status = new StatusItem({ ...options, extensionUri: context.extensionUri })
  context.subscriptions.push(
    status,
    registerCommands({
      showMenu: () => status.showMenu(),
      retryBackend: () => retryBackendOrReport(retryBackend, log),
      installNative,
      showLog: () => {
        log.show()
      },
    }),
  )
  return status
}
