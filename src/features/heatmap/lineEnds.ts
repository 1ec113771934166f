import * as vscode from 'vscode'

/** Decorations for the line ends in a range. A line end has no width to colour, so it gets a visible mark. */
export function lineEndsOf(
  document: vscode.TextDocument,
  range: vscode.Range,
  colours: vscode.ThemableDecorationRenderOptions,
): vscode.DecorationOptions[] {
  const after = { contentText: '↵', ...colours }
  return Array.from({ length: range.end.line - range.start.line }, (_, i) => {
    const { end } = document.lineAt(range.start.line + i).range
    return { range: new vscode.Range(end, end), renderOptions: { after } }
  })
}
