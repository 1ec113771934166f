import * as vscode from 'vscode'
import { assertNever } from '../../shared/assertNever'
import { type Step, STEPS } from '../../shared/numbers/metrics'
import { lineEndsOf } from './lineEnds'

/** Step 1, the tokens that the model expected, has no colour. */
export type ColouredStep = Exclude<Step, 1>

/** A `stale` score was computed before the last edit. */
export type Shade = 'fresh' | 'stale'

export interface ColouredToken {
  readonly range: vscode.Range
  readonly step: ColouredStep
  readonly shade: Shade
}

/** Colours tokens in editors and marks them on the overview ruler. */
export class StepDecorations implements vscode.Disposable {
  private readonly styles: readonly Style[] = SHADES.flatMap((shade) =>
    COLOURED_STEPS.map((step) => ({ step, shade, type: decorationOf(step, shade) })),
  )
  private readonly marks = vscode.window.createTextEditorDecorationType({
    overviewRulerColor: new vscode.ThemeColor('logitscope.overviewRulerForeground'),
    overviewRulerLane: vscode.OverviewRulerLane.Right,
  })

  /** Colours these tokens and removes all other colours. */
  paint(editor: vscode.TextEditor, tokens: readonly ColouredToken[]): void {
    for (const { step, shade, type } of this.styles) {
      const alike = tokens.filter((token) => token.step === step && token.shade === shade)
      const colours = coloursOf(step, shade)
      editor.setDecorations(
        type,
        alike.flatMap(({ range }) => [{ range }, ...lineEndsOf(editor.document, range, colours)]),
      )
    }
  }

  /** Marks these ranges on the overview ruler and removes all other marks. */
  mark(editor: vscode.TextEditor, ranges: readonly vscode.Range[]): void {
    editor.setDecorations(this.marks, ranges)
  }

  dispose(): void {
    this.marks.dispose()
    for (const { type } of this.styles) type.dispose()
  }
}

interface Style {
  readonly step: ColouredStep
  readonly shade: Shade
  readonly type: vscode.TextEditorDecorationType
}

const SHADES: readonly Shade[] = ['fresh', 'stale']
const COLOURED_STEPS = STEPS.filter((step) => step !== 1)
/** In high contrast themes only the underline distinguishes the steps; the panel uses the same widths. */
const UNDERLINE_PX: Readonly<Record<ColouredStep, number>> = { 2: 1, 3: 2, 4: 3, 5: 5 }
const STALE_PERCENT = 40
const FOREGROUND = new vscode.ThemeColor('logitscope.stepForeground')

function decorationOf(step: ColouredStep, shade: Shade): vscode.TextEditorDecorationType {
  return vscode.window.createTextEditorDecorationType({
    ...coloursOf(step, shade),
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
  })
}

function coloursOf(step: ColouredStep, shade: Shade) {
  return {
    color: FOREGROUND,
    backgroundColor: backgroundOf(step, shade),
    textDecoration: underlineOf(step, shade),
  }
}

function backgroundOf(step: ColouredStep, shade: Shade): vscode.ThemeColor | string {
  switch (shade) {
    case 'fresh':
      return new vscode.ThemeColor(`logitscope.step${step}Background`)
    case 'stale':
      return faded(`step${step}Background`)
    default:
      return assertNever(shade)
  }
}

function underlineOf(step: ColouredStep, shade: Shade): string {
  switch (shade) {
    case 'fresh':
      return `underline ${UNDERLINE_PX[step]}px var(--vscode-logitscope-stepUnderline)`
    case 'stale':
      return `underline ${UNDERLINE_PX[step]}px ${faded('stepUnderline')}`
    default:
      return assertNever(shade)
  }
}

/** Derived from the theme colour, so that a customized colour applies to stale tokens too. */
function faded(colour: string): string {
  return `color-mix(in srgb, var(--vscode-logitscope-${colour}) ${STALE_PERCENT}%, transparent)`
}
