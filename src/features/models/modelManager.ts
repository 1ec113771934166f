import * as vscode from 'vscode'
import { readSettings } from '../../editor/settings'
import { type Log, logError } from '../../editor/log'
import { showError, showInformation } from '../../editor/ui/notifications'
import { WEIGHTS_FILE } from '../../model/formats/modelFiles'
import type { PinnedModel } from '../../model/registry'
import type { StoredModel } from '../../model/store/storeState'
import type { PinnedModelStore } from '../../model/store/pinnedModelStore'
import { CancelledError, PinnedFileError } from '../../shared/errors'
import { formatBytes, formatBytesOf } from '../../shared/text/format'
import { DEFAULT_MODEL_ID } from '../../shared/contracts/engine/prediction'
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

/** A model in the store, with the bytes of the files that were derived from it. */
interface ListedModel extends StoredModel {
  readonly derivedBytes: number
}

interface ActionItem extends vscode.QuickPickItem {
  readonly run?: () => Promise<void>
}

/** The command Manage Models: lists the downloaded models, and uses, verifies, deletes or imports them. */
export class ModelManager {
  constructor(private readonly options: ModelManagerOptions) {}

  async show(): Promise<void> {
    const { store, disk, choice } = this.options
    await store.tidyUp()
    const downloaded = await this.listed()
    const items: ActionItem[] = [
      ...downloaded.map((stored) => ({
        label: stored.model.id,
        description: describeState(stored),
        iconPath: new vscode.ThemeIcon('circuit-board'),
        run: () => this.showActions(stored),
      })),
      { label: '', kind: vscode.QuickPickItemKind.Separator },
      ...(disk === undefined ? [] : [this.importItem(disk)]),
      {
        label: 'Select Model…',
        description: 'download another model',
        iconPath: new vscode.ThemeIcon('cloud-download'),
        run: () => choice.select(),
      },
    ]
    const place = disk === undefined ? 'in this browser' : 'on this disk'
    const placeHolder = downloaded.length === 0 ? 'No models downloaded' : `Models ${place}`
    await pick({ title: 'Manage Models', placeHolder }, items)
  }

  private async listed(): Promise<ListedModel[]> {
    const { store, disk } = this.options
    const downloaded = (await store.list()).filter(({ state }) => state.kind !== 'absent')
    return Promise.all(
      downloaded.map(async (stored) => ({
        ...stored,
        derivedBytes: (await disk?.derivedBytes(stored.model)) ?? 0,
      })),
    )
  }

  private async showActions(stored: ListedModel): Promise<void> {
    const { disk, choice } = this.options
    const { model, state, derivedBytes } = stored
    const storedBytes = state.kind === 'partial' ? state.bytes : model.bytes
    const remove: ActionItem = {
      label: 'Delete',
      description: `frees ${formatBytes(storedBytes + derivedBytes)}`,
      run: () => this.delete(model),
    }
    const actions: ActionItem[] =
      state.kind === 'installed'
        ? [
            { label: 'Use', run: () => choice.use(model) },
            {
              label: 'Verify Again',
              description: 'compare with the known SHA-256',
              run: () => this.verify(model),
            },
            ...(disk === undefined ? [] : [{ label: 'Show in File Manager', run: () => disk.reveal(model) }]),
            remove,
          ]
        : [{ label: 'Resume Download', run: () => choice.downloadAndUse(model) }, remove]
    await pick({ title: `${model.id}: ${describeState(stored)}`, placeHolder: model.repository }, actions)
  }

  private async verify(model: PinnedModel): Promise<void> {
    try {
      await withStoreProgress(`Verifying ${model.id}`, model, (options) =>
        this.options.store.verify(model, options),
      )
      void showInformation(`${model.id} is intact: its SHA-256 matches.`)
    } catch (error) {
      if (error instanceof CancelledError) return
      if (error instanceof PinnedFileError) await this.switchAwayFrom(model)
      await this.offerDownload(model, error)
    }
  }

  /** Switches to the embedded model first if the model is in use, and back if the deletion fails. */
  private async delete(model: PinnedModel): Promise<void> {
    const wasCurrent = await this.switchAwayFrom(model)
    const { store } = this.options
    try {
      await withStoreProgress(`Deleting ${model.id}`, model, (options) => store.delete(model, options))
    } catch (error) {
      if (wasCurrent) await this.options.choice.switchTo(model.id)
      if (!(error instanceof CancelledError)) this.showError('Deleting the model failed', error)
    }
  }

  /** Switches to the embedded model if `model` is the current one; resolves with whether it was. */
  private async switchAwayFrom(model: PinnedModel): Promise<boolean> {
    if (readSettings().model !== model.id) return false
    await this.options.choice.switchTo(DEFAULT_MODEL_ID)
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
      const answer = await showInformation(`${model.id} is installed.`, 'Use Model')
      if (answer !== undefined) await this.options.choice.switchTo(model.id)
    } catch (error) {
      if (!(error instanceof CancelledError)) this.showError('Importing the file failed', error)
    }
  }

  private async offerDownload(model: PinnedModel, error: unknown): Promise<void> {
    const { choice, log } = this.options
    const message = logError(log, 'Verifying the model failed', error)
    const buttons = error instanceof PinnedFileError ? ['Download Again', 'Show Log'] : ['Show Log']
    const answer = await showError(message, ...buttons)
    if (answer === 'Show Log') log.show()
    else if (answer === 'Download Again') await choice.downloadAndUse(model)
  }

  private showError(what: string, error: unknown): void {
    const message = `${what}. ${logError(this.options.log, what, error)}`
    void showError(message, 'Show Log').then((answer) => {
      if (answer !== undefined) this.options.log.show()
    })
  }
}

async function pick(options: vscode.QuickPickOptions, items: ActionItem[]): Promise<void> {
  const chosen = await vscode.window.showQuickPick(items, options)
  await chosen?.run?.()
}

function describeState({ model, state, derivedBytes }: ListedModel): string {
  const stored =
    state.kind === 'partial'
      ? `${formatBytesOf(state.bytes, model.bytes)} downloaded`
      : formatBytes(model.bytes)
  return derivedBytes === 0 ? stored : `${stored}, and ${formatBytes(derivedBytes)} derived from it`
}
