import * as vscode from 'vscode'
import { type Log, logError } from '../../editor/log'
import { confirm, showError, showInformation } from '../../editor/ui/notifications'
import { CONFIG_FILE, WEIGHTS_FILE } from '../../model/formats/modelFiles'
import { DEFAULT_MODEL_ID } from '../../shared/contracts/engine/prediction'

const LOADER_FILE = 'load_model.py'

/** The files that are written, each with its path in the extension. */
const FILES: readonly { readonly name: string; readonly path: readonly string[] }[] = [
  { name: WEIGHTS_FILE, path: ['media', 'models', DEFAULT_MODEL_ID, WEIGHTS_FILE] },
  { name: CONFIG_FILE, path: ['media', 'models', DEFAULT_MODEL_ID, CONFIG_FILE] },
  { name: LOADER_FILE, path: ['media', LOADER_FILE] },
]

/** Writes the embedded model and a loader in Python into a folder, for implementations on a machine without a network. */
export async function saveEmbeddedModel(extensionUri: vscode.Uri, log: Log): Promise<void> {
  const workspaceFolder = vscode.workspace.workspaceFolders?.[0]?.uri
  const chosen = await vscode.window.showOpenDialog({
    title: 'Choose the Folder to Save the Embedded Model In',
    openLabel: 'Save Here',
    canSelectFiles: false,
    canSelectFolders: true,
    ...(workspaceFolder && { defaultUri: workspaceFolder }),
  })
  const folder = chosen?.at(0)
  if (folder === undefined || !(await mayWrite(folder))) return
  try {
    for (const { name, path } of FILES) {
      const bytes = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(extensionUri, ...path))
      await vscode.workspace.fs.writeFile(vscode.Uri.joinPath(folder, name), bytes)
    }
  } catch (error) {
    void showError(`Saving the model failed. ${logError(log, 'Saving the embedded model failed', error)}`)
    return
  }
  const answer = await showInformation(
    `The embedded model is saved: ${FILES.map(({ name }) => name).join(', ')}.`,
    'Open Loader',
  )
  if (answer !== undefined) await vscode.window.showTextDocument(vscode.Uri.joinPath(folder, LOADER_FILE))
}

/** Asks before files are replaced. */
async function mayWrite(folder: vscode.Uri): Promise<boolean> {
  const entries = new Set((await vscode.workspace.fs.readDirectory(folder)).map(([name]) => name))
  const existing = FILES.filter(({ name }) => entries.has(name))
  if (existing.length === 0) return true
  return confirm({
    message: 'Replace the files that are there?',
    detail: [folder.fsPath, ...existing.map(({ name }) => name)],
    button: 'Replace',
  })
}
