import { stat } from 'node:fs/promises'
import * as vscode from 'vscode'
import { deleteInt8Forms } from '../../model/derived/int8Cache'
import { WEIGHTS_FILE } from '../../model/formats/modelFiles'
import type { PinnedModel } from '../../model/registry'
import type { ModelStore } from '../../model/store/disk/modelStore'
import { formatBytes } from '../../shared/text/format'
import { plainMessage } from '../../shared/text/plainMessage'
import { chooseModelFolder } from './chooseModelFolder'
import { withStoreProgress } from './modelDownload'

/** Operations on models that need a disk; a browser has none. */
export class ModelsOnDisk {
  constructor(
    private readonly store: ModelStore,
    /** Folder of the quantized weights that were derived from models. */
    private readonly int8Folder: string,
    /** Path of the script that converts PyTorch checkpoints. */
    private readonly conversionScript: string,
  ) {}

  /** Asks for the folder of a checkpoint; undefined if the user cancels. */
  chooseFolder(): Promise<string | undefined> {
    return chooseModelFolder(this.conversionScript)
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
      this.store.importFile(model, path, options),
    )
    return model
  }

  /** Opens the model's folder in the file manager, or shows its path if the window is in a browser. */
  async reveal(model: PinnedModel): Promise<void> {
    const folder = this.store.folderOf(model)
    try {
      await vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(folder))
    } catch {
      void vscode.window.showInformationMessage(plainMessage(folder))
    }
  }

  /** Deletes the quantized weights that were derived from the model. */
  deleteDerivedFiles(model: PinnedModel): Promise<void> {
    return deleteInt8Forms(this.int8Folder, { id: model.id, folder: this.store.folderOf(model) })
  }

  /** All weights files have the same name, so the size identifies the model. `importFile` then checks the SHA-256. */
  private async modelOfSize(path: string): Promise<PinnedModel | undefined> {
    const { size } = await stat(path)
    const model = this.store.models.find(({ bytes }) => bytes === size)
    if (model === undefined) {
      const sizes = this.store.models.map(({ id, bytes }) => `${id} ${formatBytes(bytes)}`).join(', ')
      void vscode.window.showErrorMessage(
        plainMessage(
          `${path} has ${formatBytes(size)}, which matches none of the known models (${sizes}). Choose another file.`,
        ),
      )
    }
    return model
  }
}
