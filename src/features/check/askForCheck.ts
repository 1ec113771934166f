import * as vscode from 'vscode'
import type { Framework } from '../../files/logits/snippets'
import { FRAMEWORKS } from '../../files/logits/snippets'
import { plainMessage } from '../../shared/text/plainMessage'

const TITLE = 'Check My GPT-2'
/** Long enough that every mistake shows, short enough that any model and any implementation computes it at once. */
const DEFAULT_TEXT =
  'The quick brown fox jumps over the lazy dog. Every position depends on the ones before it.'
const LOGITS_FILES = { Logits: ['npz', 'npy', 'safetensors'], 'All files': ['*'] }

/** Where the logits come from: a snippet writes them, or there is a file already. */
export type LogitsOrigin =
  { readonly kind: 'snippet'; readonly framework: Framework } | { readonly kind: 'file' }

/** The text that is selected in the active editor, else one that the user enters; undefined if the user cancels. */
export async function askForText(): Promise<string | undefined> {
  const editor = vscode.window.activeTextEditor
  const selected = editor?.document.getText(editor.selection)
  if (selected !== undefined && selected !== '') return selected
  return vscode.window.showInputBox({
    title: `${TITLE}: Text`,
    prompt:
      'The text that your implementation and GPT-2 both read. To check a longer one, select it in an editor.',
    value: DEFAULT_TEXT,
    ignoreFocusOut: true,
    validateInput: (text) => (text === '' ? 'Enter a text.' : undefined),
  })
}

/** Undefined if the user cancels. */
export async function askForOrigin(): Promise<LogitsOrigin | undefined> {
  const items: (vscode.QuickPickItem & { origin?: LogitsOrigin })[] = [
    ...FRAMEWORKS.map(({ id, label }) => ({
      label,
      description: 'copies a snippet that saves the logits',
      origin: { kind: 'snippet' as const, framework: id },
    })),
    { label: '', kind: vscode.QuickPickItemKind.Separator },
    { label: 'I have a file of logits', origin: { kind: 'file' } },
  ]
  const chosen = await vscode.window.showQuickPick(items, {
    title: `${TITLE}: Framework`,
    placeHolder: 'What is your implementation written in?',
    ignoreFocusOut: true,
  })
  return chosen?.origin
}

/** The framework of a snippet that is copied again; undefined if the user cancels. */
export async function askForFramework(): Promise<Framework | undefined> {
  const items = FRAMEWORKS.map(({ id, label }) => ({ label, id }))
  return (await vscode.window.showQuickPick(items, { title: `${TITLE}: Framework` }))?.id
}

/** Where the snippet writes its file; undefined if the user cancels. */
export async function askForTarget(name: string): Promise<vscode.Uri | undefined> {
  const folder = workspaceFolder()
  if (folder === undefined) return saveDialog(undefined)
  const proposed = vscode.Uri.joinPath(folder, name)
  const wait = {
    label: `Wait for ${name}`,
    description: plainMessage(`in ${vscode.workspace.asRelativePath(folder, true)}`),
  }
  const other = { label: 'Save Elsewhere…' }
  const chosen = await vscode.window.showQuickPick([wait, other], {
    title: `${TITLE}: File`,
    placeHolder: 'The snippet writes this file, and every write is checked.',
    ignoreFocusOut: true,
  })
  if (chosen === undefined) return undefined
  return chosen === wait ? proposed : saveDialog(proposed)
}

/** An existing file of logits; undefined if the user cancels. */
export async function askForFile(): Promise<vscode.Uri | undefined> {
  const folder = workspaceFolder()
  const chosen = await vscode.window.showOpenDialog({
    title: 'Choose the File of Logits',
    openLabel: 'Check',
    filters: LOGITS_FILES,
    ...(folder && { defaultUri: folder }),
  })
  return chosen?.at(0)
}

function saveDialog(proposed: vscode.Uri | undefined): Thenable<vscode.Uri | undefined> {
  return vscode.window.showSaveDialog({
    title: 'Choose Where the Snippet Saves the Logits',
    saveLabel: 'Watch',
    filters: { Logits: ['npz'] },
    ...(proposed && { defaultUri: proposed }),
  })
}

/** The folder of the active document, else the first one. */
function workspaceFolder(): vscode.Uri | undefined {
  const active = vscode.window.activeTextEditor?.document.uri
  const ofDocument = active && vscode.workspace.getWorkspaceFolder(active)
  return (ofDocument ?? vscode.workspace.workspaceFolders?.[0])?.uri
}
