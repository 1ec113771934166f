import * as vscode from 'vscode'

/** A completion at `position`. It replaces the closing brackets and quotes after the cursor that it contains itself. */
export function completionItem(
  document: vscode.TextDocument,
  position: vscode.Position,
  text: string,
): vscode.InlineCompletionItem {
  const after = document.lineAt(position).text.slice(position.character)
  const end = position.translate(0, countRepeatedClosers(text, after))
  return new vscode.InlineCompletionItem(text, new vscode.Range(position, end))
}

/**
 * Counts the closing brackets and quotes directly after the cursor, which VS Code may have inserted, that also occur in
 * the completion in this order. VS Code shows a completion that replaces text only if it contains that text as a
 * subsequence.
 */
export function countRepeatedClosers(text: string, after: string): number {
  const [closers] = CLOSERS.exec(after) ?? ['']
  const [firstLine = ''] = text.split('\n', 1)
  let found = 0
  for (const character of firstLine) if (character === closers[found]) found++
  return found
}

const CLOSERS = /^[)\]}>'"`]*/
