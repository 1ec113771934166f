import * as vscode from 'vscode'
import type { FeatureOptions } from '../../editor/registration/feature'
import { registerCommands } from '../../editor/registration/registerCommands'
import { readSettings } from '../../editor/settings'
import type { FileSource } from '../../files/source/fileSource'
import { EMBEDDED_MODELS } from '../../model/registry'
import type { PinnedModelStore } from '../../model/store/pinnedModelStore'
import { CheckController, type CheckControllerOptions } from './checkController'
import { LogitsChecker, type LogitsCheckerOptions } from './logitsChecker'
import { CHECK_VIEW_TYPE } from './panel/checkPanel'
import { saveEmbeddedModel } from './saveEmbeddedModel'

export interface CheckOptions
  extends
    FeatureOptions,
    Pick<LogitsCheckerOptions, 'startReference'>,
    Pick<CheckControllerOptions, 'download'> {
  readonly store: PinnedModelStore
  /** Opens a file for reading by parts. The caller closes it. */
  readonly openFile: (uri: vscode.Uri) => Promise<FileSource>
}

export interface CheckFeature {
  /** Ends the thread that has this model's files open, because they will be deleted or replaced. */
  readonly releaseModel: (id: string) => void
}

/** Checks saved logits of the user's own GPT-2 against the model. */
export function registerCheck({
  context,
  service,
  log,
  store,
  openFile,
  startReference,
  download,
}: CheckOptions): CheckFeature {
  const { extensionUri, workspaceState, storageUri, globalStorageUri } = context
  const checker = new LogitsChecker({
    service,
    openFile: (uri) => openFile(vscode.Uri.parse(uri, true)),
    startReference,
    installedModels: () => installedModels(store),
  })
  const controller = new CheckController({
    extensionUri,
    memento: workspaceState,
    storageUri: storageUri ?? globalStorageUri,
    service,
    checker,
    download,
    log,
  })
  context.subscriptions.push(
    controller,
    checker,
    registerCommands({
      checkMyGpt2: (file: unknown) => controller.check(file instanceof vscode.Uri ? file : undefined),
      saveEmbeddedModel: () => saveEmbeddedModel(extensionUri, log),
    }),
    vscode.window.registerWebviewPanelSerializer(CHECK_VIEW_TYPE, {
      deserializeWebviewPanel: (webviewPanel) => {
        controller.restore(webviewPanel)
        return Promise.resolve()
      },
    }),
  )
  return {
    releaseModel: (id) => {
      checker.releaseModel(id)
    },
  }
}

/** The selected model first, then those that load fastest. */
async function installedModels(store: PinnedModelStore): Promise<readonly [string, ...string[]]> {
  const stored = (await store.list())
    .filter(({ state }) => state.kind === 'installed')
    .map(({ model }) => model)
    .sort((a, b) => a.parameters - b.parameters)
    .map(({ id }) => id)
  const { model } = readSettings()
  return [model, ...[...EMBEDDED_MODELS.keys(), ...stored].filter((id) => id !== model)]
}
