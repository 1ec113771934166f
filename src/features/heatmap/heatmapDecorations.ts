import type * as vscode from 'vscode'
import { DeltaDecorations, type DeltaToken } from './deltaDecorations'
import { type ColouredToken, StepDecorations } from './stepDecorations'

/** Tokens coloured by a metric, or by which side of a comparison makes them likelier. */
export type HeatmapColours =
  | { readonly kind: 'metric'; readonly tokens: readonly ColouredToken[] }
  | { readonly kind: 'delta'; readonly tokens: readonly DeltaToken[] }

/** The colours and marks of the heatmap in editors. */
export class HeatmapDecorations implements vscode.Disposable {
  private readonly steps = new StepDecorations()
  private readonly deltas = new DeltaDecorations()

  /** Paints these colours in place of all others. */
  paint(editor: vscode.TextEditor, { kind, tokens }: HeatmapColours): void {
    this.steps.paint(editor, kind === 'metric' ? tokens : [])
    this.deltas.paint(editor, kind === 'delta' ? tokens : [])
  }

  /** Marks these ranges on the overview ruler and removes all other marks. */
  mark(editor: vscode.TextEditor, ranges: readonly vscode.Range[]): void {
    this.steps.mark(editor, ranges)
  }

  clear(editor: vscode.TextEditor): void {
    this.paint(editor, { kind: 'metric', tokens: [] })
    this.mark(editor, [])
  }

  dispose(): void {
    this.steps.dispose()
    this.deltas.dispose()
  }
}
