import * as vscode from 'vscode'
import type { TextRange } from '../../shared/contracts/engine/prediction'
import { rangeOf } from '../documents/inspectionTarget'

/** Marks the token that is picked in the panel, without changing the selection or the navigation history. */
export class TokenHighlight implements vscode.Disposable {
  private readonly decoration = vscode.window.createTextEditorDecorationType({
    backgroundColor: new vscode.ThemeColor('editor.findMatchHighlightBackground'),
    border: '1px solid',
    borderColor: new vscode.ThemeColor('focusBorder'),
    overviewRulerColor: new vscode.ThemeColor('focusBorder'),
    overviewRulerLane: vscode.OverviewRulerLane.Full,
  })
  private marked: { readonly document: vscode.TextDocument; readonly range: vscode.Range } | undefined
  /** An editor whose tab was in the background has lost its decorations. */
  private readonly subscription = vscode.window.onDidChangeVisibleTextEditors(() => {
    this.decorate()
  })

  /** Marks the range in every editor of the document, and scrolls to it if it is not visible. */
  show(document: vscode.TextDocument, offsets: TextRange): void {
    const range = rangeOf(document, offsets)
    this.marked = { document, range }
    for (const editor of this.decorate())
      editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport)
  }

  clear(): void {
    for (const editor of vscode.window.visibleTextEditors) editor.setDecorations(this.decoration, [])
    this.marked = undefined
  }

  dispose(): void {
    this.subscription.dispose()
    this.decoration.dispose()
  }

  /** Returns the visible editors of the marked document. */
  private decorate(): readonly vscode.TextEditor[] {
    const { marked } = this
    if (marked === undefined) return []
    const editors = vscode.window.visibleTextEditors.filter(({ document }) => document === marked.document)
    for (const editor of editors) editor.setDecorations(this.decoration, [marked.range])
    return editors
  }
}
