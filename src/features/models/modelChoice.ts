import * as vscode from 'vscode'
import { readPrecision, readSettings, writeSetting } from '../../editor/settings'
import { type Log, logError } from '../../editor/log'
import { EMBEDDED_MODELS, type PinnedModel } from '../../model/registry'
import type { StoredModel } from '../../model/store/storeState'
import type { PinnedModelStore } from '../../model/store/pinnedModelStore'
import { formatBytes, formatBytesOf, formatParameters } from '../../shared/text/format'
import { WASM_MEMORY_BYTES, weightMemoryBytes } from '../../shared/text/modelText'
import { plainMessage } from '../../shared/text/plainMessage'
import { DEFAULT_MODEL_ID } from '../../shared/contracts/prediction'
import type { DownloadOutcome, ModelDownload } from './modelDownload'
import type { ModelsOnDisk } from './modelsOnDisk'

export interface ModelChoiceOptions {
  readonly store: PinnedModelStore
  /** Undefined in a browser: it has no folders of the user’s. */
  readonly disk: ModelsOnDisk | undefined
  /** Bytes; undefined where nobody tells. */
  readonly memoryBytes: number | undefined
  readonly download: ModelDownload
  readonly log: Log
  /** Lets the model of the settings be loaded anew. */
  readonly reload: () => void
}

/** The model that the panel’s button offers beside the embedded one. */
const OFFERED_MODEL_ID = 'gpt2'

interface ModelItem extends vscode.QuickPickItem {
  readonly run?: () => Promise<void>
}

/** Select Model: which model speaks, everywhere. */
export class ModelChoice {
  constructor(private readonly parts: ModelChoiceOptions) {}

  async select(): Promise<void> {
    const { store, memoryBytes } = this.parts
    await store.tidyUp()
    const models = await store.list()
    const chosen = await vscode.window.showQuickPick(this.items(models), {
      title: 'Select Model',
      placeHolder: plainMessage(
        `${memoryBytes === undefined ? '' : `This machine has ${formatBytes(memoryBytes)} of memory. `}Now: ${readSettings().model}`,
      ),
      matchOnDescription: true,
      matchOnDetail: true,
    })
    await chosen?.run?.()
  }

  /** One click away from the embedded model. */
  async useGpt2(): Promise<void> {
    const model = this.parts.store.find(OFFERED_MODEL_ID)
    if (model !== undefined) await this.use(model)
  }

  /** Downloads the model where it is not there, which asks first, and lets it speak. */
  async use(model: PinnedModel): Promise<void> {
    await this.goOn(model, await this.parts.download.get(model))
  }

  /** The same without a question, for who has said so already. */
  async downloadAndUse(model: PinnedModel): Promise<void> {
    await this.goOn(model, await this.parts.download.getAgain(model))
  }

  async useFolder(): Promise<void> {
    const folder = await this.parts.disk?.chooseFolder()
    if (folder !== undefined) await this.switchTo(folder)
  }

  /** An id, or a folder. */
  async switchTo(model: string): Promise<void> {
    try {
      // The setting says nothing then, though there may be other files by now.
      if (readSettings().model === model) this.parts.reload()
      else await writeSetting('model', model)
    } catch (error) {
      void vscode.window.showErrorMessage(
        plainMessage(logError(this.parts.log, 'The setting logitscope.model could not be written', error)),
      )
    }
  }

  private async goOn(model: PinnedModel, outcome: DownloadOutcome): Promise<void> {
    if (outcome === 'installed') await this.switchTo(model.id)
    else if (outcome === 'ownFolder') await this.useFolder()
  }

  private items(models: readonly StoredModel[]): ModelItem[] {
    const current = readSettings().model
    const mark = (id: string) => (id === current ? '$(check) ' : '')
    return [
      {
        label: `${mark(DEFAULT_MODEL_ID)}${DEFAULT_MODEL_ID}`,
        description: EMBEDDED_MODELS[DEFAULT_MODEL_ID],
        detail: '12 M parameters · comes with Logitscope, works offline',
        run: () => this.switchTo(DEFAULT_MODEL_ID),
      },
      separator('From the hub'),
      ...models.map((stored) => ({
        label: `${mark(stored.model.id)}${stored.model.id}`,
        description: stored.model.description,
        detail: `${formatParameters(stored.model.parameters)} parameters · ${whereIs(stored)} · ${this.memoryOf(stored.model)}`,
        run: () => this.use(stored.model),
      })),
      ...this.ownItems(current),
      {
        label: 'Manage Models…',
        description: `sizes, deleting, verifying${this.parts.disk === undefined ? '' : ', importing'}`,
        iconPath: new vscode.ThemeIcon('gear'),
        run: async () => {
          await vscode.commands.executeCommand('logitscope.manageModels')
        },
      },
    ]
  }

  /** The folder that speaks now, where it is one, and the way to another. */
  private ownItems(current: string): ModelItem[] {
    if (this.parts.disk === undefined) return []
    const isOwn = current !== DEFAULT_MODEL_ID && this.parts.store.find(current) === undefined
    return [
      separator('Your own'),
      ...(isOwn ? [{ label: `$(check) ${current.split(/[\\/]/).at(-1)}`, description: current }] : []),
      {
        label: 'Choose a Folder…',
        description: 'a checkpoint of GPT-2’s architecture',
        iconPath: new vscode.ThemeIcon('folder-opened'),
        run: () => this.useFolder(),
      },
    ]
  }

  /** In the precision that it would run in. */
  private memoryOf(model: PinnedModel): string {
    const precision = readPrecision(model.id)
    const bytes = weightMemoryBytes(model, precision)
    const needs = `needs ${formatBytes(bytes)} of memory in ${precision}`
    if (bytes > WASM_MEMORY_BYTES) return `${needs}, WASM has 4`
    return bytes > (this.parts.memoryBytes ?? Infinity) ? `${needs}, more than this machine has` : needs
  }
}

/** `548 MB on disk`, `548 MB to download, 120 of them are here` */
function whereIs({ model, state }: StoredModel): string {
  const size = formatBytes(model.bytes)
  switch (state.kind) {
    case 'installed':
      return `${size}, downloaded`
    case 'partial':
      return `${formatBytesOf(state.bytes, model.bytes)} downloaded`
    case 'absent':
      return `${size} to download`
  }
}

function separator(label: string): ModelItem {
  return { label, kind: vscode.QuickPickItemKind.Separator }
}
