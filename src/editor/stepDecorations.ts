import * as vscode from 'vscode'
import { type Step, STEPS } from '../shared/numbers/metrics'

/** Step 1 is what the model expected, and has no colour. */
export type ColouredStep = Exclude<Step, 1>

/** `stale` is what was right before the last edit. */
export type Shade = 'fresh' | 'stale'

export interface ColouredToken {
  readonly range: vscode.Range
  readonly step: ColouredStep
  readonly shade: Shade
}

/** The colours of tokens in editors, and marks on the overview ruler. */
export class StepDecorations implements vscode.Disposable {
  private readonly looks: readonly Look[] = SHADES.flatMap((shade) =>
    COLOURED_STEPS.map((step) => ({ step, shade, type: decorationOf(step, shade) })),
  )
  private readonly marks = vscode.window.createTextEditorDecorationType({
    overviewRulerColor: new vscode.ThemeColor('logitscope.overviewRulerForeground'),
    overviewRulerLane: vscode.OverviewRulerLane.Right,
  })

  /** These tokens are coloured, and no others. */
  paint(editor: vscode.TextEditor, tokens: readonly ColouredToken[]): void {
    for (const { step, shade, type } of this.looks) {
      const alike = tokens.filter((token) => token.step === step && token.shade === shade)
      editor.setDecorations(
        type,
        alike.flatMap(({ range }) => [{ range }, ...lineEnds(editor.document, range, step, shade)]),
      )
    }
  }

  /** These places are marked on the overview ruler, and no others. */
  mark(editor: vscode.TextEditor, ranges: readonly vscode.Range[]): void {
    editor.setDecorations(this.marks, ranges)
  }

  clear(editor: vscode.TextEditor): void {
    this.paint(editor, [])
    this.mark(editor, [])
  }

  dispose(): void {
    this.marks.dispose()
    for (const { type } of this.looks) type.dispose()
  }
}

interface Look {
  readonly step: ColouredStep
  readonly shade: Shade
  readonly type: vscode.TextEditorDecorationType
}

const SHADES: readonly Shade[] = ['fresh', 'stale']
const COLOURED_STEPS = STEPS.filter((step) => step !== 1)
/** The only thing that tells the steps apart in high contrast; the panel has the same. */
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
  }
}

function underlineOf(step: ColouredStep, shade: Shade): string {
  switch (shade) {
    case 'fresh':
      return `underline ${UNDERLINE_PX[step]}px var(--vscode-logitscope-stepUnderline)`
    case 'stale':
      return `underline ${UNDERLINE_PX[step]}px ${faded('stepUnderline')}`
  }
}

/** So that whoever changes a colour has changed the faded one too. */
function faded(colour: string): string {
  return `color-mix(in srgb, var(--vscode-logitscope-${colour}) ${STALE_PERCENT}%, transparent)`
}

/** A line end has no width that a colour could show on: it gets a mark of its own. */
function lineEnds(
  document: vscode.TextDocument,
  range: vscode.Range,
  step: ColouredStep,
  shade: Shade,
): vscode.DecorationOptions[] {
  const after = { contentText: '↵', ...coloursOf(step, shade) }
  return Array.from({ length: range.end.line - range.start.line }, (_, i) => {
    const { end } = document.lineAt(range.start.line + i).range
    return { range: new vscode.Range(end, end), renderOptions: { after } }
  })
}
