import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as vscode from 'vscode'

/**
 * Opens a new document. It is a new file, because an untitled document may get the name, and sometimes the text, of one
 * that is being closed.
 */
export async function openText(
  content: string,
  language = 'plaintext',
  name = 'text.txt',
): Promise<vscode.TextDocument> {
  const file = join(await mkdtemp(join(tmpdir(), 'logitscope-text-')), name)
  await writeFile(file, content)
  const document = await vscode.workspace.openTextDocument(file)
  return vscode.languages.setTextDocumentLanguage(document, language)
}
