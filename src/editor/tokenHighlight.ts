import * as vscode from 'vscode'
import type { TextRange } from '../shared/contracts/prediction'
import { rangeOf } from './inspectionTarget'

/** Marks the token that is picked in the panel, without changing the selection or the navigation history. */
export class TokenHighlight implements vscode.Disposable {
  private readonly decoration = vscode.window.createTextEditorDecorationType({
    backgroundColor: new vscode.ThemeColor('editor.findMatchHighlightBackground'),
    border: '1px solid',
    borderColor: new vscode.ThemeColor('focusBorder'),
    overviewRulerColor: new vscode.ThemeColor('focusBorder'),
    overviewRulerLane: vscode.OverviewRulerLane.Full,
  })

  /** Marks the range in every editor of the document, and scrolls to it if it is not visible. */
  show(document: vscode.TextDocument, offsets: TextRange): void {
    const range = rangeOf(document, offsets)
    for (const editor of vscode.window.visibleTextEditors) {
      if (editor.document !== document) continue
      editor.setDecorations(this.decoration, [range])
      editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport)
    }
  }

  clear(): void {
    for (const editor of vscode.window.visibleTextEditors) editor.setDecorations(this.decoration, [])
  }

  dispose(): void {
    this.decoration.dispose()
  }
}
