import * as vscode from 'vscode'

/** Copies a text and says so in the status bar: `Row copied`. */
export async function copyToClipboard(text: string, what: string): Promise<void> {
  await vscode.env.clipboard.writeText(text)
  vscode.window.setStatusBarMessage(`$(check) ${what} copied`, 3000)
}
