import * as vscode from 'vscode'

const FILE = ['media', 'walkthrough', 'sample.ts.txt']
const LANGUAGE = 'typescript'

/** The walkthrough's sample text as an untitled document; it ends at a place where a completion makes sense. */
export class Sample {
  constructor(private readonly extensionUri: vscode.Uri) {}

  async inspect(): Promise<void> {
    await this.show()
    await vscode.commands.executeCommand('logitscope.inspectLogits')
  }

  /** Completes the sample at its end. */
  async complete(): Promise<void> {
    const editor = await this.show()
    const end = editor.document.lineAt(editor.document.lineCount - 1).range.end
    editor.selection = new vscode.Selection(end, end)
    // The previous step of the walkthrough has opened a hover, which would cover the completion.
    await vscode.commands.executeCommand('editor.action.hideHover')
    await vscode.commands.executeCommand('logitscope.complete')
  }

  /** Reveals the sample if it is visible, else opens it next to an active tab that is not a text, such as the walkthrough. */
  private async show(): Promise<vscode.TextEditor> {
    const document = await this.open()
    const { activeTextEditor, visibleTextEditors } = vscode.window
    const shown = visibleTextEditors.find((editor) => editor.document === document)
    const free = activeTextEditor === undefined ? vscode.ViewColumn.Beside : vscode.ViewColumn.Active
    return vscode.window.showTextDocument(document, { viewColumn: shown?.viewColumn ?? free })
  }

  /** Reuses a sample that is open and unchanged. */
  private async open(): Promise<vscode.TextDocument> {
    const bytes = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(this.extensionUri, ...FILE))
    const content = new TextDecoder().decode(bytes)
    const opened = vscode.workspace.textDocuments.find(
      (document) => document.isUntitled && document.getText() === content,
    )
    return opened ?? vscode.workspace.openTextDocument({ content, language: LANGUAGE })
  }
}
