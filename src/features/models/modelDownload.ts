import * as vscode from 'vscode'
import { readSettings } from '../../editor/settings'
import { type Log, logError } from '../../editor/log'
import { confirm, showError, showProgress } from '../../editor/ui/notifications'
import { parseEndpoint } from '../../model/hub/endpoint'
import { HUB_LIMITS } from '../../model/hub/hubLimits'
import type { RequestHub } from '../../model/hub/hubTransport'
import { TransferRate } from '../../model/hub/transferRate'
import type { PinnedModel } from '../../model/registry'
import type { StoreOptions } from '../../model/store/storeState'
import type { PinnedModelStore } from '../../model/store/pinnedModelStore'
import { describeProgress } from '../../model/store/progressText'
import { assertNever } from '../../shared/assertNever'
import {
  CancelledError,
  DiskSpaceError,
  HubConnectionError,
  HubRefusalError,
  InvalidEndpointError,
  PinnedFileError,
} from '../../shared/errors'
import { formatBytes, formatBytesOf } from '../../shared/text/format'
import type { HubToken } from './hubToken'

export interface ModelDownloadOptions {
  readonly store: PinnedModelStore
  readonly requestHub: RequestHub
  /** Whether the host can load a model from a folder. */
  readonly hasFolders: boolean
  readonly token: HubToken
  readonly log: Log
}

/** `ownFolder`: the user chose to load a model from a folder instead. */
export type DownloadOutcome = 'installed' | 'notInstalled' | 'ownFolder'

/** Downloads models from the hub: asks the user, shows the progress, and offers what to do after an error. */
export class ModelDownload {
  constructor(private readonly options: ModelDownloadOptions) {}

  /** Downloads the model after asking the user; does nothing if it is installed. */
  async get(model: PinnedModel): Promise<DownloadOutcome> {
    const { kind } = await this.options.store.stateOf(model)
    if (kind === 'installed') return kind
    return (await this.isConfirmed(model)) ? this.download(model) : 'notInstalled'
  }

  /** Downloads the model without asking, and again as long as the user clicks Retry. */
  async download(model: PinnedModel): Promise<DownloadOutcome> {
    for (;;) {
      try {
        await withStoreProgress(`Downloading ${model.id}`, model, async (options) => {
          const { hubEndpoint } = readSettings()
          const endpoint = parseEndpoint(hubEndpoint)
          const { store, token, requestHub } = this.options
          const hub = {
            endpoint,
            token: await token.read(endpoint),
            limits: HUB_LIMITS,
            request: requestHub,
          }
          await store.install(model, hub, options)
        })
        return 'installed'
      } catch (error) {
        const next = await this.askWhatNext(error)
        if (next !== 'retry') return next
      }
    }
  }

  private async isConfirmed(model: PinnedModel): Promise<boolean> {
    const { store } = this.options
    const state = await store.stateOf(model)
    const size = formatBytes(model.bytes)
    const from = `${readSettings().hubEndpoint}: ${model.repository}`
    const downloaded =
      state.kind === 'partial' ? `${formatBytesOf(state.bytes, model.bytes)} already downloaded. ` : ''
    return confirm({
      message: `Download ${model.id}, ${size}?`,
      detail: [
        `${downloaded}From ${from}`,
        `To ${store.folderOf(model)}`,
        'The file is checked against its known SHA-256. The model runs on this machine.',
      ],
      button: 'Download',
    })
  }

  private async askWhatNext(error: unknown): Promise<'retry' | DownloadOutcome> {
    if (error instanceof CancelledError) return 'notInstalled'
    const message = logError(this.options.log, 'The download failed', error)
    const answer = await showError(message, ...this.buttonsFor(error))
    switch (answer) {
      case 'Retry':
      case 'Download Again':
        return 'retry'
      case 'Change Endpoint':
        await vscode.commands.executeCommand('workbench.action.openSettings', '@id:logitscope.hubEndpoint')
        return 'notInstalled'
      case 'Choose a Folder…':
        return 'ownFolder'
      case 'Manage Models':
        await vscode.commands.executeCommand('logitscope.manageModels')
        return 'notInstalled'
      case 'Show Log':
        this.options.log.show()
        return 'notInstalled'
      case undefined:
        return 'notInstalled'
      default:
        return assertNever(answer)
    }
  }

  private buttonsFor(error: unknown): Button[] {
    if (error instanceof PinnedFileError) return ['Download Again', 'Show Log']
    if (error instanceof InvalidEndpointError) return ['Change Endpoint']
    if (error instanceof HubConnectionError || error instanceof HubRefusalError)
      return ['Retry', 'Change Endpoint', ...(this.options.hasFolders ? ['Choose a Folder…' as const] : [])]
    if (error instanceof DiskSpaceError) return ['Retry', 'Manage Models']
    return ['Retry', 'Show Log']
  }
}

type Button =
  'Retry' | 'Download Again' | 'Change Endpoint' | 'Choose a Folder…' | 'Manage Models' | 'Show Log'

/** More frequent reports would not be readable. */
const REPORT_INTERVAL_MS = 250

/** Runs an operation of the store with a progress notification that has a Cancel button. */
export async function withStoreProgress<T>(
  title: string,
  model: PinnedModel,
  work: (options: StoreOptions) => Promise<T>,
): Promise<T> {
  return showProgress(title, (report, signal) => {
    const rate = new TransferRate()
    let reportedAt = -Infinity
    let reportedPercent = 0
    return work({
      signal,
      onProgress: (step) => {
        const now = performance.now()
        if (step.kind === 'downloading' || step.kind === 'copying') rate.add(step.bytes, now)
        if (step.kind !== 'pausing' && now - reportedAt < REPORT_INTERVAL_MS) return
        reportedAt = now
        const percent = step.kind === 'pausing' ? reportedPercent : (step.bytes / model.bytes) * 100
        report({
          message: describeProgress(step, model.bytes, rate.bytesPerSecond),
          increment: percent - reportedPercent,
        })
        reportedPercent = percent
      },
    })
  })
}
