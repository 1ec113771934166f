import * as vscode from 'vscode'
import { lineEndsOf } from './lineEnds'

/** `plus`: the shown side makes the token likelier. Within a step of Δ, which is at least 1 of 3. */
export interface DeltaToken {
  readonly range: vscode.Range
  readonly side: Side
  readonly step: 1 | 2 | 3
}

type Side = 'plus' | 'minus'

/** Colours tokens in editors by which side of a comparison makes them likelier. */
export class DeltaDecorations implements vscode.Disposable {
  private readonly styles = SIDES.flatMap((side) =>
    STEPS.map((step) => ({ side, step, type: decorationOf(side, step) })),
  )

  /** Colours these tokens and removes all other colours. */
  paint(editor: vscode.TextEditor, tokens: readonly DeltaToken[]): void {
    for (const { side, step, type } of this.styles) {
      const alike = tokens.filter((token) => token.side === side && token.step === step)
      const colours = coloursOf(side, step)
      editor.setDecorations(
        type,
        alike.flatMap(({ range }) => [{ range }, ...lineEndsOf(editor.document, range, colours)]),
      )
    }
  }

  dispose(): void {
    for (const { type } of this.styles) type.dispose()
  }
}

const SIDES: readonly Side[] = ['plus', 'minus']
const STEPS = [1, 2, 3] as const
/** In high contrast themes only the lines distinguish the steps; the panel uses the same widths. */
const LINE_PX = { 1: 1, 2: 2, 3: 4 } as const
/** The place of the line distinguishes the sides without colours. */
const LINE = { plus: 'overline', minus: 'underline' } as const

function decorationOf(side: Side, step: DeltaToken['step']): vscode.TextEditorDecorationType {
  return vscode.window.createTextEditorDecorationType({
    ...coloursOf(side, step),
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
  })
}

function coloursOf(side: Side, step: DeltaToken['step']) {
  return {
    color: new vscode.ThemeColor('logitscope.stepForeground'),
    backgroundColor: new vscode.ThemeColor(`logitscope.${side}${step}Background`),
    textDecoration: `${LINE[side]} ${LINE_PX[step]}px var(--vscode-logitscope-${side}Foreground)`,
  }
}
