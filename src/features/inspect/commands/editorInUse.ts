import * as vscode from 'vscode'

/**
 * Knows the text editor that the user used last, while the focus is in the Explorer, the panel, a terminal or an output
 * view. An output view is an editor for VS Code, but its text is not inspected.
 */
export class EditorInUse implements vscode.Disposable {
  private last = vscode.window.activeTextEditor
  private readonly subscription = vscode.window.onDidChangeActiveTextEditor((editor) => {
    if (editor !== undefined && isInspectable(editor)) this.last = editor
  })

  /** The editor that was used last, or any other visible one; undefined if no text is visible. */
  find(): vscode.TextEditor | undefined {
    const { activeTextEditor, visibleTextEditors } = vscode.window
    return [activeTextEditor, this.last, ...visibleTextEditors].find(
      (editor) => editor !== undefined && isInspectable(editor) && visibleTextEditors.includes(editor),
    )
  }

  dispose(): void {
    this.subscription.dispose()
  }
}

function isInspectable({ document }: vscode.TextEditor): boolean {
  return document.uri.scheme !== 'output'
}
