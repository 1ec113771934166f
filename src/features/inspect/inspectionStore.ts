import * as vscode from 'vscode'
import { type Log, logError } from '../../editor/log'
import type { InspectionRun } from './inspectionRun'

const MAX_STORED_INSPECTIONS = 10
/** Files of another format are ignored; they are deleted once they are among the oldest. */
const FORMAT = 3

/** Stores the newest inspections, one file each, so that the panel can be restored after a reload of the window. */
export class InspectionStore {
  constructor(
    private readonly folder: vscode.Uri,
    private readonly log: Log,
  ) {}

  /** Never rejects; a failure is logged, since it only means that a reload loses the results. */
  async save(run: InspectionRun): Promise<void> {
    try {
      await vscode.workspace.fs.createDirectory(this.folder)
      const stored = {
        ...run,
        format: FORMAT,
        sequences: run.sequences.map((sequence) => ({ ...sequence, tokenIds: [...sequence.tokenIds] })),
      }
      await vscode.workspace.fs.writeFile(
        this.file(run.inspection.id),
        new TextEncoder().encode(JSON.stringify(stored)),
      )
      await this.deleteOldest()
    } catch (error) {
      logError(this.log, 'The inspection could not be saved', error)
    }
  }

  /** Undefined if the file is missing or unreadable. */
  async load(id: string): Promise<InspectionRun | undefined> {
    try {
      const bytes = await vscode.workspace.fs.readFile(this.file(id))
      const stored = JSON.parse(new TextDecoder().decode(bytes)) as StoredRun
      if (stored.format !== FORMAT) return undefined
      const { state, precisionCost } = stored.inspection
      return {
        ...stored,
        // The extension host that was running it has ended.
        inspection: {
          ...stored.inspection,
          ...(precisionCost?.kind === 'running' && { precisionCost: { kind: 'cancelled' } }),
          state: state.kind === 'running' ? { kind: 'cancelled' } : state,
        },
        sequences: stored.sequences.map((sequence) => ({
          ...sequence,
          tokenIds: Int32Array.from(sequence.tokenIds),
        })),
      }
    } catch (error) {
      this.log.info(`The inspection ${id} could not be restored: ${String(error)}`)
      return undefined
    }
  }

  /** The id comes from the webview's state, so characters that could leave the folder are replaced. */
  private file(id: string): vscode.Uri {
    return vscode.Uri.joinPath(this.folder, `${id.replaceAll(/[^\w-]/g, '_')}.json`)
  }

  private async deleteOldest(): Promise<void> {
    const names = (await vscode.workspace.fs.readDirectory(this.folder)).map(([name]) => name)
    const files = await Promise.all(
      names.map(async (name) => {
        const uri = vscode.Uri.joinPath(this.folder, name)
        return { uri, mtime: (await vscode.workspace.fs.stat(uri)).mtime }
      }),
    )
    files.sort((a, b) => b.mtime - a.mtime)
    await Promise.all(files.slice(MAX_STORED_INSPECTIONS).map(({ uri }) => vscode.workspace.fs.delete(uri)))
  }
}

type StoredRun = Omit<InspectionRun, 'sequences'> & {
  readonly format: number
  readonly sequences: readonly { tokenIds: number[]; from: number; to: number }[]
}
