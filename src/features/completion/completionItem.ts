import * as vscode from 'vscode'

/** A completion of what stands before `position`, which takes over the brackets and quotes behind that it brings itself. */
export function completionItem(
  document: vscode.TextDocument,
  position: vscode.Position,
  text: string,
): vscode.InlineCompletionItem {
  const after = document.lineAt(position).text.slice(position.character)
  const end = position.translate(0, closersBroughtBy(text, after))
  return new vscode.InlineCompletionItem(text, new vscode.Range(position, end))
}

/**
 * How many of the closing marks right behind the cursor, where VS Code has put them on its own, stand in a completion in
 * their order. VS Code shows a completion that replaces text only if that text is left in it, character by character.
 */
export function closersBroughtBy(text: string, after: string): number {
  const [closers] = CLOSERS.exec(after) ?? ['']
  const firstLine = text.split('\n', 1)[0]
  let found = 0
  for (const character of firstLine) if (character === closers[found]) found++
  return found
}

const CLOSERS = /^[)\]}>'"`]*/
