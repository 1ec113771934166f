import { stat } from 'node:fs/promises'
import * as vscode from 'vscode'
import { showError, showInformation } from '../../editor/ui/notifications'
import { WEIGHTS_FILE } from '../../model/formats/modelFiles'
import type { PinnedModel } from '../../model/registry'
import type { ModelStore } from '../../model/store/disk/modelStore'
import { formatCount } from '../../shared/text/format'
import { chooseModelFolder, type ChooseFolderOptions } from './chooseModelFolder'
import { withStoreProgress } from './modelDownload'

export interface ModelsOnDiskOptions extends ChooseFolderOptions {
  readonly store: ModelStore
  /** Bytes of the files that were derived from the model's files in a folder. */
  readonly derivedBytes: (model: PinnedModel, folder: string) => Promise<number>
}

/** Operations on models that need a disk; a browser has none. */
export class ModelsOnDisk {
  constructor(private readonly options: ModelsOnDiskOptions) {}

  /** Asks for the folder of a checkpoint; undefined if the user cancels. */
  chooseFolder(): Promise<string | undefined> {
    return chooseModelFolder(this.options)
  }

  /**
   * Asks for a weights file that was downloaded elsewhere and installs it. Resolves with undefined if the user cancels,
   * or after an error message if the registry has no model of that size.
   * @throws what `ModelStore.importFile` throws
   */
  async import(): Promise<PinnedModel | undefined> {
    const chosen = await vscode.window.showOpenDialog({
      title: `Import a Downloaded ${WEIGHTS_FILE}`,
      openLabel: 'Import',
      filters: { safetensors: ['safetensors'], 'All files': ['*'] },
    })
    const path = chosen?.at(0)?.fsPath
    if (path === undefined) return undefined
    const model = await this.modelOfSize(path)
    if (model === undefined) return undefined
    await withStoreProgress(`Importing ${model.id}`, model, (options) =>
      this.options.store.importFile(model, path, options),
    )
    return model
  }

  /** Opens the model's folder in the file manager, or shows its path if the window is in a browser. */
  async reveal(model: PinnedModel): Promise<void> {
    const folder = this.options.store.folderOf(model)
    try {
      await vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(folder))
    } catch {
      void showInformation(folder)
    }
  }

  /** Bytes of the files that were derived from the model. */
  derivedBytes(model: PinnedModel): Promise<number> {
    const { store, derivedBytes } = this.options
    return derivedBytes(model, store.folderOf(model))
  }

  /** All weights files have the same name, so the size identifies the model. `importFile` then checks the SHA-256. */
  private async modelOfSize(path: string): Promise<PinnedModel | undefined> {
    const { size } = await stat(path)
    const { models } = this.options.store
    const model = models.find(({ bytes }) => bytes === size)
    if (model === undefined) {
      const sizes = models.map(({ id, bytes }) => `${id} ${formatCount(bytes)}`).join(', ')
      void showError(
        `${path} has ${formatCount(size)} bytes, which matches none of the known models (${sizes}). Choose another file.`,
      )
    }
    return model
  }
}
