import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as vscode from 'vscode'

/**
 * A document that no test has seen before. It is a file of its own: an untitled one gets the name of one that is just
 * being closed, and now and then its text.
 */
export async function openText(content: string, language = 'plaintext'): Promise<vscode.TextDocument> {
  const file = join(await mkdtemp(join(tmpdir(), 'logitscope-text-')), 'text.txt')
  await writeFile(file, content)
  const document = await vscode.workspace.openTextDocument(file)
  return vscode.languages.setTextDocumentLanguage(document, language)
}
