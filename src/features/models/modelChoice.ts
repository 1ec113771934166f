import * as vscode from 'vscode'
import { readPrecision, readSettings, writeSetting } from '../../editor/settings'
import { type Log, logError } from '../../editor/log'
import { showError } from '../../editor/ui/notifications'
import { EMBEDDED_MODELS, type PinnedModel } from '../../model/registry'
import type { StoredModel } from '../../model/store/storeState'
import type { PinnedModelStore } from '../../model/store/pinnedModelStore'
import { assertNever } from '../../shared/assertNever'
import { formatBytes, formatBytesOf, formatParameters } from '../../shared/text/format'
import { WASM_MEMORY_BYTES, weightMemoryBytes } from '../../shared/text/modelText'
import { plainMessage } from '../../shared/text/plainMessage'
import { DEFAULT_MODEL_ID } from '../../shared/contracts/engine/prediction'
import type { DownloadOutcome, ModelDownload } from './modelDownload'
import type { ModelsOnDisk } from './modelsOnDisk'

export interface ModelChoiceOptions {
  readonly store: PinnedModelStore
  /** Undefined in a browser, which cannot read folders. */
  readonly disk: ModelsOnDisk | undefined
  /** Memory of the machine in bytes; undefined if unknown. */
  readonly memoryBytes: number | undefined
  readonly download: ModelDownload
  readonly log: Log
  /** Loads the selected model again. */
  readonly reload: () => void
}

/** The model that the panel offers to users of the embedded one. */
const OFFERED_MODEL_ID = 'gpt2'

interface ModelItem extends vscode.QuickPickItem {
  readonly run?: () => Promise<void>
}

/** The command Select Model: chooses the model that all features use. */
export class ModelChoice {
  constructor(private readonly options: ModelChoiceOptions) {}

  async select(): Promise<void> {
    const { store, memoryBytes } = this.options
    await store.tidyUp()
    const models = await store.list()
    const chosen = await vscode.window.showQuickPick(this.items(models), {
      title: 'Select Model',
      placeHolder: plainMessage(
        `${memoryBytes === undefined ? '' : `This machine has ${formatBytes(memoryBytes)} of memory. `}Current model: ${readSettings().model}`,
      ),
      matchOnDescription: true,
      matchOnDetail: true,
    })
    await chosen?.run?.()
  }

  /** Switches to GPT-2; downloads it first if necessary. */
  async useGpt2(): Promise<void> {
    const model = this.options.store.find(OFFERED_MODEL_ID)
    if (model !== undefined) await this.use(model)
  }

  /** Switches to the model; downloads it first if necessary, after asking the user. */
  async use(model: PinnedModel): Promise<void> {
    await this.switchAfter(model, await this.options.download.get(model))
  }

  /** Like `use`, but downloads without asking, because the user has already agreed. */
  async downloadAndUse(model: PinnedModel): Promise<void> {
    await this.switchAfter(model, await this.options.download.download(model))
  }

  async useFolder(): Promise<void> {
    const folder = await this.options.disk?.chooseFolder()
    if (folder !== undefined) await this.switchTo(folder)
  }

  /** Writes the setting. `model` is an id or a folder. */
  async switchTo(model: string): Promise<void> {
    try {
      // An unchanged setting triggers no event, but the model's files may have changed.
      if (readSettings().model === model) this.options.reload()
      else await writeSetting('model', model)
    } catch (error) {
      void showError(logError(this.options.log, 'Writing the setting logitscope.model failed', error))
    }
  }

  private async switchAfter(model: PinnedModel, outcome: DownloadOutcome): Promise<void> {
    if (outcome === 'installed') await this.switchTo(model.id)
    else if (outcome === 'ownFolder') await this.useFolder()
  }

  private items(models: readonly StoredModel[]): ModelItem[] {
    const current = readSettings().model
    const mark = (id: string) => (id === current ? '$(check) ' : '')
    return [
      {
        label: `${mark(DEFAULT_MODEL_ID)}${DEFAULT_MODEL_ID}`,
        description: EMBEDDED_MODELS.get(DEFAULT_MODEL_ID),
        detail: '12 M parameters · included in Logitscope, works offline',
        run: () => this.switchTo(DEFAULT_MODEL_ID),
      },
      separator('Hugging Face hub'),
      ...models.map((stored) => ({
        label: `${mark(stored.model.id)}${stored.model.id}`,
        description: stored.model.description,
        detail: `${formatParameters(stored.model.parameters)} parameters · ${downloadState(stored)} · ${this.memoryOf(stored.model)}`,
        run: () => this.use(stored.model),
      })),
      ...this.folderItems(current),
      {
        label: 'Manage Models…',
        description: `delete, verify${this.options.disk === undefined ? '' : ', import'}`,
        iconPath: new vscode.ThemeIcon('gear'),
        run: async () => {
          await vscode.commands.executeCommand('logitscope.manageModels')
        },
      },
    ]
  }

  /** The selected folder, if the model is a folder, and the item that chooses another one. */
  private folderItems(current: string): ModelItem[] {
    if (this.options.disk === undefined) return []
    const isFolder = current !== DEFAULT_MODEL_ID && this.options.store.find(current) === undefined
    return [
      separator('Your models'),
      ...(isFolder ? [folderItem(current)] : []),
      {
        label: 'Choose a Folder…',
        description: 'a GPT-2 checkpoint on this machine',
        iconPath: new vscode.ThemeIcon('folder-opened'),
        run: () => this.useFolder(),
      },
    ]
  }

  /** `needs 548 MB of memory in fp32`, in the model's precision. */
  private memoryOf(model: PinnedModel): string {
    const precision = readPrecision(model.id)
    const bytes = weightMemoryBytes(model, precision)
    const needs = `needs ${formatBytes(bytes)} of memory in ${precision}`
    if (bytes > WASM_MEMORY_BYTES) return `${needs}, more than WASM can use (4 GB)`
    return bytes > (this.options.memoryBytes ?? Infinity) ? `${needs}, more than this machine has` : needs
  }
}

/** `548 MB, downloaded`, `120 of 548 MB downloaded` or `548 MB to download`. */
function downloadState({ model, state }: StoredModel): string {
  const size = formatBytes(model.bytes)
  switch (state.kind) {
    case 'installed':
      return `${size}, downloaded`
    case 'partial':
      return `${formatBytesOf(state.bytes, model.bytes)} downloaded`
    case 'absent':
      return `${size} to download`
    default:
      return assertNever(state)
  }
}

/** The selected folder; its name must not become an icon. */
function folderItem(folder: string): ModelItem {
  const name = folder.split(/[\\/]/).at(-1) ?? ''
  return { label: `$(check) ${plainMessage(name)}`, description: plainMessage(folder) }
}

function separator(label: string): ModelItem {
  return { label, kind: vscode.QuickPickItemKind.Separator }
}
