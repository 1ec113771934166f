import * as vscode from 'vscode'
import { readSettings } from '../../editor/settings'
import { type Log, logError } from '../../editor/log'
import { WEIGHTS_FILE } from '../../model/formats/modelFiles'
import type { PinnedModel } from '../../model/registry'
import type { StoredModel } from '../../model/store/storeState'
import type { PinnedModelStore } from '../../model/store/pinnedModelStore'
import { CancelledError, PinnedFileError } from '../../shared/errors'
import { formatBytes, formatBytesOf } from '../../shared/text/format'
import { plainMessage } from '../../shared/text/plainMessage'
import { DEFAULT_MODEL_ID } from '../../shared/contracts/prediction'
import type { ModelChoice } from './modelChoice'
import { withStoreProgress } from './modelDownload'
import type { ModelsOnDisk } from './modelsOnDisk'

export interface ModelManagerOptions {
  readonly store: PinnedModelStore
  /** Undefined in a browser. */
  readonly disk: ModelsOnDisk | undefined
  readonly choice: ModelChoice
  readonly log: Log
}

interface ActionItem extends vscode.QuickPickItem {
  readonly run?: () => Promise<void>
}

/** Manage Models: what of the hub’s models is here, and what can be done with it. */
export class ModelManager {
  constructor(private readonly parts: ModelManagerOptions) {}

  async show(): Promise<void> {
    const { store, disk, choice } = this.parts
    await store.tidyUp()
    const here = (await store.list()).filter(({ state }) => state.kind !== 'absent')
    const items: ActionItem[] = [
      ...here.map((stored) => ({
        label: stored.model.id,
        description: describeState(stored),
        iconPath: new vscode.ThemeIcon('circuit-board'),
        run: () => this.showActions(stored),
      })),
      { label: '', kind: vscode.QuickPickItemKind.Separator },
      ...(disk === undefined ? [] : [this.importItem(disk)]),
      {
        label: 'Select Model…',
        description: 'download another one',
        iconPath: new vscode.ThemeIcon('cloud-download'),
        run: () => choice.select(),
      },
    ]
    const place = disk === undefined ? 'in this browser' : 'on this disk'
    const placeHolder = here.length === 0 ? 'No model is downloaded' : `Models ${place}`
    await pick({ title: 'Manage Models', placeHolder }, items)
  }

  private async showActions(stored: StoredModel): Promise<void> {
    const { disk, choice } = this.parts
    const { model, state } = stored
    const remove: ActionItem = {
      label: 'Delete',
      description: `frees ${formatBytes(state.kind === 'partial' ? state.bytes : model.bytes)}`,
      run: () => this.delete(model),
    }
    const actions: ActionItem[] =
      state.kind === 'installed'
        ? [
            { label: 'Use', run: () => choice.use(model) },
            { label: 'Verify Again', description: 'against its SHA-256', run: () => this.verify(model) },
            ...(disk === undefined ? [] : [{ label: 'Show in File Manager', run: () => disk.reveal(model) }]),
            remove,
          ]
        : [{ label: 'Go On with the Download', run: () => choice.downloadAndUse(model) }, remove]
    await pick({ title: `${model.id}: ${describeState(stored)}`, placeHolder: model.repository }, actions)
  }

  private async verify(model: PinnedModel): Promise<void> {
    try {
      await withStoreProgress(`Verifying ${model.id}`, model, (options) =>
        this.parts.store.verify(model, options),
      )
      void vscode.window.showInformationMessage(`${model.id} is the pinned file, byte for byte.`)
    } catch (error) {
      if (error instanceof CancelledError) return
      if (error instanceof PinnedFileError) await this.leave(model)
      await this.offerDownload(model, error)
    }
  }

  /** The embedded model speaks instead, where it is the current one; it speaks again where that fails. */
  private async delete(model: PinnedModel): Promise<void> {
    const left = await this.leave(model)
    const { store, disk } = this.parts
    try {
      await disk?.deleteForms(model)
      await withStoreProgress(`Deleting ${model.id}`, model, (options) => store.delete(model, options))
    } catch (error) {
      if (left) await this.parts.choice.switchTo(model.id)
      if (!(error instanceof CancelledError)) this.complain('The model could not be deleted', error)
    }
  }

  /** Whether it was the current one. */
  private async leave(model: PinnedModel): Promise<boolean> {
    if (readSettings().model !== model.id) return false
    await this.parts.choice.switchTo(DEFAULT_MODEL_ID)
    return true
  }

  private importItem(disk: ModelsOnDisk): ActionItem {
    return {
      label: 'Import a File…',
      description: `a ${WEIGHTS_FILE} that was downloaded elsewhere`,
      iconPath: new vscode.ThemeIcon('file-add'),
      run: () => this.import(disk),
    }
  }

  private async import(disk: ModelsOnDisk): Promise<void> {
    try {
      const model = await disk.import()
      if (model === undefined) return
      const answer = await vscode.window.showInformationMessage(`${model.id} is installed.`, 'Use It')
      if (answer !== undefined) await this.parts.choice.switchTo(model.id)
    } catch (error) {
      if (!(error instanceof CancelledError)) this.complain('The file could not be imported', error)
    }
  }

  private async offerDownload(model: PinnedModel, error: unknown): Promise<void> {
    const { choice, log } = this.parts
    const message = plainMessage(logError(log, 'The model could not be verified', error))
    const choices = error instanceof PinnedFileError ? ['Download Again', 'Details'] : ['Details']
    const answer = await vscode.window.showErrorMessage(message, ...choices)
    if (answer === 'Details') log.show()
    else if (answer === 'Download Again') await choice.downloadAndUse(model)
  }

  private complain(what: string, error: unknown): void {
    const message = plainMessage(`${what}. ${logError(this.parts.log, what, error)}`)
    void vscode.window.showErrorMessage(message, 'Show Log').then((answer) => {
      if (answer !== undefined) this.parts.log.show()
    })
  }
}

async function pick(options: vscode.QuickPickOptions, items: ActionItem[]): Promise<void> {
  const chosen = await vscode.window.showQuickPick(items, options)
  await chosen?.run?.()
}

function describeState({ model, state }: StoredModel): string {
  return state.kind === 'partial'
    ? `${formatBytesOf(state.bytes, model.bytes)} downloaded`
    : formatBytes(model.bytes)
}
