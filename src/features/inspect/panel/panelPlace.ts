import * as vscode from 'vscode'

export const PANEL_VIEW_TYPE = 'logitscope.panel'

/**
 * Finds or makes an empty editor group beside the editor, and returns its column. The panel locks its group only if it is
 * the first tab of it (`workbench.editor.autoLockGroups`), and must never be a tab over the user's files.
 *
 * @param editor undefined if no text is visible; then the group is beside the active one
 */
export async function emptyColumnBeside(editor: vscode.TextEditor | undefined): Promise<vscode.ViewColumn> {
  const { all, activeTabGroup } = vscode.window.tabGroups
  const column = editor?.viewColumn ?? activeTabGroup.viewColumn
  const next = all.find(({ viewColumn }) => Number(viewColumn) === column + 1)
  if (next?.tabs.length === 0) return next.viewColumn
  const focus = FOCUS_COMMANDS[column - 1]
  if (column !== activeTabGroup.viewColumn && focus !== undefined) await vscode.commands.executeCommand(focus)
  const direction = vscode.workspace.getConfiguration('workbench.editor').get('openSideBySideDirection')
  await vscode.commands.executeCommand(
    direction === 'down' ? 'workbench.action.newGroupBelow' : 'workbench.action.newGroupRight',
  )
  return vscode.ViewColumn.Active
}

/**
 * Unlocks the active group if it is empty. VS Code keeps the lock of the panel's group if it is the last one and its panel
 * is closed, and would open the next file beside it.
 */
export async function unlockEmptyGroup(): Promise<void> {
  if (vscode.window.tabGroups.activeTabGroup.tabs.length === 0)
    await vscode.commands.executeCommand('workbench.action.unlockEditorGroup')
}

/**
 * The column to open a document in: where it is shown already, else where it has a tab, else any group other than the
 * panel's.
 */
export function columnOf(document: vscode.TextDocument): vscode.ViewColumn {
  const shown = vscode.window.visibleTextEditors.find((editor) => editor.document === document)
  const { all } = vscode.window.tabGroups
  const uri = document.uri.toString()
  const withTab = all.find(({ tabs }) =>
    tabs.some(({ input }) => input instanceof vscode.TabInputText && input.uri.toString() === uri),
  )
  const other = all.find(({ tabs }) => !tabs.some(isPanel))
  return shown?.viewColumn ?? (withTab ?? other)?.viewColumn ?? vscode.ViewColumn.Beside
}

function isPanel({ input }: vscode.Tab): boolean {
  return input instanceof vscode.TabInputWebview && input.viewType.endsWith(PANEL_VIEW_TYPE)
}

/** VS Code has no command that takes the number of the group. */
const FOCUS_COMMANDS = ['First', 'Second', 'Third', 'Fourth', 'Fifth', 'Sixth', 'Seventh', 'Eighth'].map(
  (ordinal) => `workbench.action.focus${ordinal}EditorGroup`,
)
