import * as vscode from 'vscode'
import type { FeatureOptions } from '../../editor/registration/feature'
import { readArgument } from '../../editor/registration/commandArguments'
import { registerCommands } from '../../editor/registration/registerCommands'
import { readPrecision, readSettings, writePrecision } from '../../editor/settings'
import { type Precision, PRECISIONS } from '../../shared/contracts/engine/prediction'
import type { RequestHub } from '../../model/hub/hubTransport'
import { HubToken } from './hubToken'
import { ModelChoice, type ModelChoiceOptions } from './modelChoice'
import { ModelDownload } from './modelDownload'
import { ModelManager } from './modelManager'

export interface ModelsOptions
  extends FeatureOptions, Pick<ModelChoiceOptions, 'store' | 'disk' | 'memoryBytes' | 'reload'> {
  readonly requestHub: RequestHub
}

/** The actions on models that other features need. */
export interface Models {
  /** Downloads a model of the registry after asking the user. True if it is installed then. */
  readonly download: (id: string) => Promise<boolean>
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
}: ModelsOptions): Models {
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
      switchPrecision,
      // For buttons, which name the precision and pass no arguments.
      useInt8: () => usePrecision('int8'),
      useFp32: () => usePrecision('fp32'),
    }),
  )
  return {
    download: async (id) => {
      const model = store.find(id)
      return model !== undefined && (await download.get(model)) === 'installed'
    },
  }
}

/** Sets the precision of `args`, for example `{ "precision": "int8" }`, or the one that is not in use. */
async function switchPrecision(args: unknown): Promise<void> {
  const other = readPrecision(readSettings().model) === 'fp32' ? 'int8' : 'fp32'
  const precision = readArgument(args, 'precision', PRECISIONS) ?? other
  await usePrecision(precision)
  vscode.window.setStatusBarMessage(`Logitscope: precision ${precision}`, MESSAGE_MS)
}

/** How long the status bar shows the result. */
const MESSAGE_MS = 5000

/** Sets the precision of the selected model. */
async function usePrecision(precision: Precision): Promise<void> {
  await writePrecision(readSettings().model, precision)
}
