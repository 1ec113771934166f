import * as vscode from 'vscode'
import { readSettings } from '../../editor/settings'
import { signalOf } from '../../editor/cancellation'
import { type Log, logError } from '../../editor/log'
import { parseEndpoint } from '../../model/hub/endpoint'
import { HUB_LIMITS } from '../../model/hub/hubLimits'
import type { RequestHub } from '../../model/hub/hubTransport'
import { TransferRate } from '../../model/hub/transferRate'
import type { PinnedModel } from '../../model/registry'
import type { StoreOptions } from '../../model/store/storeState'
import type { PinnedModelStore } from '../../model/store/pinnedModelStore'
import { describeProgress } from '../../model/store/progressText'
import {
  CancelledError,
  DiskSpaceError,
  HubConnectionError,
  HubRefusalError,
  InvalidEndpointError,
  PinnedFileError,
} from '../../shared/errors'
import { formatBytes, formatBytesOf } from '../../shared/text/format'
import { plainMessage } from '../../shared/text/plainMessage'
import type { HubToken } from './hubToken'

export interface ModelDownloadOptions {
  readonly store: PinnedModelStore
  readonly requestHub: RequestHub
  /** Whether there can be a model in a folder of the user’s. */
  readonly hasFolders: boolean
  readonly token: HubToken
  readonly log: Log
}

/** What has become of the wish for a model; `ownFolder` where the user would rather have one of the disk. */
export type DownloadOutcome = 'installed' | 'notInstalled' | 'ownFolder'

/** Gets models from the hub: asks first, shows how far it is, and says what can be done when it does not work. */
export class ModelDownload {
  constructor(private readonly parts: ModelDownloadOptions) {}

  async get(model: PinnedModel): Promise<DownloadOutcome> {
    const { kind } = await this.parts.store.stateOf(model)
    if (kind === 'installed') return kind
    return (await this.isWanted(model)) ? this.getAgain(model) : 'notInstalled'
  }

  /** The same without a question: who clicks Retry has said so. */
  async getAgain(model: PinnedModel): Promise<DownloadOutcome> {
    for (;;) {
      try {
        await withStoreProgress(`Downloading ${model.id}`, model, async (options) => {
          const { hubEndpoint } = readSettings()
          const endpoint = parseEndpoint(hubEndpoint)
          const { store, token, requestHub } = this.parts
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
        const next = await this.whatNext(error)
        if (next !== 'again') return next
      }
    }
  }

  private async isWanted(model: PinnedModel): Promise<boolean> {
    const { store } = this.parts
    const state = await store.stateOf(model)
    const size = formatBytes(model.bytes)
    const from = plainMessage(`${readSettings().hubEndpoint}: ${model.repository}`)
    const kept =
      state.kind === 'partial' ? `${formatBytesOf(state.bytes, model.bytes)} are here already. ` : ''
    const answer = await vscode.window.showInformationMessage(
      `Download ${model.id}, ${size}?`,
      {
        modal: true,
        detail: `${kept}From ${from}\nTo ${plainMessage(store.folderOf(model))}\nIt is checked against its known SHA-256, and runs on this machine.`,
      },
      'Download',
    )
    return answer === 'Download'
  }

  private async whatNext(error: unknown): Promise<'again' | DownloadOutcome> {
    if (error instanceof CancelledError) return 'notInstalled'
    const message = plainMessage(logError(this.parts.log, 'The download failed', error))
    const answer = await vscode.window.showErrorMessage(message, ...this.choicesFor(error))
    switch (answer) {
      case 'Retry':
      case 'Download Again':
        return 'again'
      case 'Change Endpoint':
        await vscode.commands.executeCommand('workbench.action.openSettings', '@id:logitscope.hubEndpoint')
        return 'notInstalled'
      case 'Choose a Folder…':
        return 'ownFolder'
      case 'Manage Models':
        await vscode.commands.executeCommand('logitscope.manageModels')
        return 'notInstalled'
      case 'Details':
        this.parts.log.show()
        return 'notInstalled'
      case undefined:
        return 'notInstalled'
    }
  }

  private choicesFor(error: unknown): Choice[] {
    if (error instanceof PinnedFileError) return ['Download Again', 'Details']
    if (error instanceof InvalidEndpointError) return ['Change Endpoint']
    if (error instanceof HubConnectionError || error instanceof HubRefusalError)
      return ['Retry', 'Change Endpoint', ...(this.parts.hasFolders ? ['Choose a Folder…' as const] : [])]
    if (error instanceof DiskSpaceError) return ['Retry', 'Manage Models']
    return ['Retry', 'Details']
  }
}

type Choice =
  'Retry' | 'Download Again' | 'Change Endpoint' | 'Choose a Folder…' | 'Manage Models' | 'Details'

/** More often than this nobody can read it. */
const REPORT_INTERVAL_MS = 250

/** Shows how far the store is with a model, and lets it be cancelled. */
export async function withStoreProgress<T>(
  title: string,
  model: PinnedModel,
  work: (options: StoreOptions) => Promise<T>,
): Promise<T> {
  const location = vscode.ProgressLocation.Notification
  return vscode.window.withProgress({ location, title, cancellable: true }, (progress, token) => {
    const rate = new TransferRate()
    let reportedAt = -Infinity
    let reportedPercent = 0
    return work({
      signal: signalOf(token),
      onProgress: (step) => {
        const now = performance.now()
        if (step.kind === 'downloading' || step.kind === 'copying') rate.add(step.bytes, now)
        if (step.kind !== 'pausing' && now - reportedAt < REPORT_INTERVAL_MS) return
        reportedAt = now
        const percent = step.kind === 'pausing' ? reportedPercent : (step.bytes / model.bytes) * 100
        progress.report({
          message: plainMessage(describeProgress(step, model.bytes, rate.bytesPerSecond)),
          increment: percent - reportedPercent,
        })
        reportedPercent = percent
      },
    })
  })
}
