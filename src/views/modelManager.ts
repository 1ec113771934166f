import { stat } from 'node:fs/promises'
import * as vscode from 'vscode'
import { readSettings } from '../config'
import { type Log, logError } from '../log'
import { deleteInt8Forms } from '../model/int8Cache'
import { WEIGHTS_FILE } from '../model/modelFiles'
import type { PinnedModel } from '../model/registry'
import type { ModelStore, StoredModel } from '../model/store/modelStore'
import { CancelledError, PinnedFileError } from '../shared/errors'
import { formatBytes, formatBytesOf } from '../shared/format'
import { plainMessage } from '../shared/plainMessage'
import { DEFAULT_MODEL_ID } from '../shared/prediction'
import type { ModelChoice } from './modelChoice'
import { withStoreProgress } from './modelDownload'

export interface ModelManagerParts {
  readonly store: ModelStore
  /** Of the models' int8 forms. */
  readonly int8Folder: string
  readonly choice: ModelChoice
  readonly log: Log
}

interface ActionItem extends vscode.QuickPickItem {
  readonly run?: () => Promise<void>
}

/** Manage Models: what of the hub’s models is on this disk, and what can be done with it. */
export class ModelManager {
  constructor(private readonly parts: ModelManagerParts) {}

  async show(): Promise<void> {
    const { store, choice } = this.parts
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
      {
        label: 'Import a File…',
        description: `a ${WEIGHTS_FILE} that was downloaded elsewhere`,
        iconPath: new vscode.ThemeIcon('file-add'),
        run: () => this.import(),
      },
      {
        label: 'Select Model…',
        description: 'download another one',
        iconPath: new vscode.ThemeIcon('cloud-download'),
        run: () => choice.select(),
      },
    ]
    const placeHolder = here.length === 0 ? 'No model is downloaded' : 'Models on this disk'
    await pick({ title: 'Manage Models', placeHolder }, items)
  }

  private async showActions(stored: StoredModel): Promise<void> {
    const { store, choice } = this.parts
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
            { label: 'Show in File Manager', run: () => revealFolder(store.folderOf(model)) },
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
    const { store, int8Folder } = this.parts
    try {
      await deleteInt8Forms(int8Folder, { id: model.id, folder: store.folderOf(model) })
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

  private async import(): Promise<void> {
    const chosen = await vscode.window.showOpenDialog({
      title: `A ${WEIGHTS_FILE} that was downloaded elsewhere`,
      openLabel: 'Import',
      filters: { safetensors: ['safetensors'], 'All files': ['*'] },
    })
    const path = chosen?.at(0)?.fsPath
    if (path === undefined) return
    try {
      const model = await this.modelOfSize(path)
      if (model === undefined) return
      await withStoreProgress(`Importing ${model.id}`, model, (options) =>
        this.parts.store.importFile(model, path, options),
      )
      const answer = await vscode.window.showInformationMessage(`${model.id} is installed.`, 'Use It')
      if (answer !== undefined) await this.parts.choice.switchTo(model.id)
    } catch (error) {
      if (!(error instanceof CancelledError)) this.complain('The file could not be imported', error)
    }
  }

  /** Files have all the same name, so the length tells which one it must be; its bytes tell whether it is. */
  private async modelOfSize(path: string): Promise<PinnedModel | undefined> {
    const { size } = await stat(path)
    const model = this.parts.store.models.find(({ bytes }) => bytes === size)
    if (model === undefined) {
      const sizes = this.parts.store.models.map(({ id, bytes }) => `${id} ${formatBytes(bytes)}`).join(', ')
      void vscode.window.showErrorMessage(
        plainMessage(`${path} has ${formatBytes(size)}, as none of the pinned files has (${sizes}).`),
      )
    }
    return model
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

/** Where VS Code has a file manager at hand; in a browser the path has to do. */
async function revealFolder(folder: string): Promise<void> {
  try {
    await vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(folder))
  } catch {
    void vscode.window.showInformationMessage(plainMessage(folder))
  }
}
