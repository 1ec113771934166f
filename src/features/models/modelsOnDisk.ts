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

/** What can be done with models where there is a disk; a browser has none. */
export class ModelsOnDisk {
  constructor(
    private readonly store: ModelStore,
    /** Of the models' int8 forms. */
    private readonly int8Folder: string,
  ) {}

  /** Asks for the folder of a checkpoint of the user's own; undefined where the user gave up. */
  chooseFolder(): Promise<string | undefined> {
    return chooseModelFolder()
  }

  /**
   * Asks for a file that was downloaded elsewhere and installs it; undefined where it is none of the registry's,
   * which is said, or the user gave up.
   * @throws what `ModelStore.importFile` throws
   */
  async import(): Promise<PinnedModel | undefined> {
    const chosen = await vscode.window.showOpenDialog({
      title: `A ${WEIGHTS_FILE} that was downloaded elsewhere`,
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

  /** Where VS Code has a file manager at hand; in a browser the path has to do. */
  async reveal(model: PinnedModel): Promise<void> {
    const folder = this.store.folderOf(model)
    try {
      await vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(folder))
    } catch {
      void vscode.window.showInformationMessage(plainMessage(folder))
    }
  }

  /** Deletes what was derived from the model. */
  deleteForms(model: PinnedModel): Promise<void> {
    return deleteInt8Forms(this.int8Folder, { id: model.id, folder: this.store.folderOf(model) })
  }

  /** Files have all the same name, so the length tells which one it must be; its bytes tell whether it is. */
  private async modelOfSize(path: string): Promise<PinnedModel | undefined> {
    const { size } = await stat(path)
    const model = this.store.models.find(({ bytes }) => bytes === size)
    if (model === undefined) {
      const sizes = this.store.models.map(({ id, bytes }) => `${id} ${formatBytes(bytes)}`).join(', ')
      void vscode.window.showErrorMessage(
        plainMessage(`${path} has ${formatBytes(size)}, as none of the pinned files has (${sizes}).`),
      )
    }
    return model
  }
}
