import * as vscode from 'vscode'

/**
 * The document with this URI, opened if it was closed; undefined if it does not exist. VS Code keeps the text of a deleted
 * file for some minutes, so for a file that `wasDeleted` the file system is asked first.
 */
export async function existingDocument(
  documentUri: string,
  { wasDeleted }: { readonly wasDeleted: boolean },
): Promise<vscode.TextDocument | undefined> {
  const uri = vscode.Uri.parse(documentUri, true)
  try {
    if (wasDeleted) await vscode.workspace.fs.stat(uri)
    return await vscode.workspace.openTextDocument(uri)
  } catch {
    return undefined
  }
}
