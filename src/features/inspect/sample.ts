import * as vscode from 'vscode'

const FILE = ['media', 'walkthrough', 'sample.ts.txt']
const LANGUAGE = 'typescript'

/** The text that the walkthrough goes by, as an untitled document; it ends where a completion is of use. */
export class Sample {
  constructor(private readonly extensionUri: vscode.Uri) {}

  async inspect(): Promise<void> {
    await this.show()
    await vscode.commands.executeCommand('logitscope.inspectLogits')
  }

  /** Puts the cursor at the end. */
  async complete(): Promise<void> {
    const editor = await this.show()
    const end = editor.document.lineAt(editor.document.lineCount - 1).range.end
    editor.selection = new vscode.Selection(end, end)
    // The walkthrough's step before this one has opened a hover, which would lie over the completion.
    await vscode.commands.executeCommand('editor.action.hideHover')
    await vscode.commands.executeCommand('logitscope.complete')
  }

  /** Where it is shown already, else beside what is no text, such as the walkthrough. */
  private async show(): Promise<vscode.TextEditor> {
    const document = await this.open()
    const { activeTextEditor, visibleTextEditors } = vscode.window
    const shown = visibleTextEditors.find((editor) => editor.document === document)
    const free = activeTextEditor === undefined ? vscode.ViewColumn.Beside : vscode.ViewColumn.Active
    return vscode.window.showTextDocument(document, { viewColumn: shown?.viewColumn ?? free })
  }

  /** The one that is open, as long as nobody has changed it. */
  private async open(): Promise<vscode.TextDocument> {
    const bytes = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(this.extensionUri, ...FILE))
    const content = new TextDecoder().decode(bytes)
    const opened = vscode.workspace.textDocuments.find(
      (document) => document.isUntitled && document.getText() === content,
    )
    return opened ?? vscode.workspace.openTextDocument({ content, language: LANGUAGE })
  }
}
