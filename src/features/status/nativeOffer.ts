import * as vscode from 'vscode'

/** Opens the page of Logitscope Native in the list of extensions, where the user can install it. */
export async function installNative(): Promise<void> {
  await vscode.commands.executeCommand('workbench.extensions.search', '@id:logitscope.logitscope-native')
}
