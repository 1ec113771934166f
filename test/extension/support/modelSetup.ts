import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as vscode from 'vscode'
import { requestHub } from '../../../src/model/hub/hubRequest'
import { ModelStore } from '../../../src/model/store/disk/modelStore'
import { HubToken } from '../../../src/features/models/hubToken'
import { ModelChoice } from '../../../src/features/models/modelChoice'
import { ModelDownload } from '../../../src/features/models/modelDownload'
import { ModelManager } from '../../../src/features/models/modelManager'
import { ModelsOnDisk } from '../../../src/features/models/modelsOnDisk'
import { MODEL, FakeHub } from '../../support/fakes/fakeHub'
import { checkFolder } from './checkFolder'
import { settings } from './currentModel'

/** Bytes of the files that were derived from the model. */
const DERIVED_BYTES = 34_464

/** The extension’s model feature with a fake hub, whose model has 64 kB and is downloaded completely. */
export interface ModelSetup {
  readonly hub: FakeHub
  readonly store: ModelStore
  readonly choice: ModelChoice
  readonly manager: ModelManager
  readonly dispose: () => Promise<void>
}

export async function startModelSetup(): Promise<ModelSetup> {
  const folder = await mkdtemp(join(tmpdir(), 'logitscope-hub-'))
  const hub = await FakeHub.start()
  await useEndpoint(hub.endpoint.href)
  // Not the extension’s own channel, which has the name Logitscope and must not be closed.
  const log = vscode.window.createOutputChannel('Logitscope model setup', { log: true })
  const store = new ModelStore({ folder: join(folder, 'models'), models: [MODEL] })
  const disk = new ModelsOnDisk({
    store,
    derivedBytes: () => Promise.resolve(DERIVED_BYTES),
    conversionScript: 'convert_checkpoint.py',
    checkFolder,
  })
  const download = new ModelDownload({
    store,
    requestHub,
    hasFolders: true,
    token: new HubToken(NO_SECRETS),
    log,
  })
  const choice = new ModelChoice({
    store,
    disk,
    memoryBytes: undefined,
    download,
    log,
    reload: () => undefined,
  })
  const manager = new ModelManager({ store, disk, choice, log })
  const dispose = async () => {
    await useEndpoint(undefined)
    await hub.close()
    log.dispose()
    await rm(folder, { recursive: true })
  }
  return { hub, store, choice, manager, dispose }
}

/** Sets the address that models are downloaded from; undefined is the real hub. */
export async function useEndpoint(endpoint: string | undefined): Promise<void> {
  await settings().update('hubEndpoint', endpoint, vscode.ConfigurationTarget.Global)
}

const NO_SECRETS: vscode.SecretStorage = {
  get: () => Promise.resolve(undefined),
  store: () => Promise.resolve(),
  delete: () => Promise.resolve(),
  onDidChange: () => ({ dispose: () => undefined }),
}
