import * as vscode from 'vscode'
import { readSettings } from '../../editor/settings'
import { offsetsOf, rangeOf } from '../../editor/inspectionTarget'
import type { ColouredToken, StepDecorations } from '../../editor/stepDecorations'
import { LiveScores } from '../../prediction/liveScores'
import type { PredictionService } from '../../prediction/predictionService'
import { mostSurprising, tokensFromStep } from '../../prediction/surprisingTokens'
import { CancelledError, EngineStoppedError } from '../../shared/errors'
import { stepOfScore } from '../../shared/numbers/metrics'
import type { TextEdit } from '../../shared/text/textEdit'
import { tokensTouching } from '../../shared/contracts/tokenizedText'

/** A keystroke follows the one before sooner. */
const EDIT_DEBOUNCE_MS = 150
const SCROLL_DEBOUNCE_MS = 100
/** Repainting more often than this is not seen. */
const PAINT_INTERVAL_MS = 50
/** Above and below what is seen, so that a few lines of scrolling show colours at once. */
const MARGIN_LINES = 20
/** More marks on the overview ruler would be one. */
const MAX_MARKS = 100
/** VS Code draws no more of a line (`editor.stopRenderingLineAfter`). */
const DRAWN_COLUMNS = 10_000

/** In a row, before anything was scored: who changes the number of threads by typing it starts the engine anew with every digit. */
const MAX_ENGINE_STOPS = 5

export interface HeatmapDocumentOptions {
  readonly document: vscode.TextDocument
  readonly service: PredictionService
  readonly decorations: StepDecorations
  /** It cannot go on. */
  readonly onFailure: (error: unknown) => void
}

/** A document with the heatmap on: what its editors show is scored and coloured, while it is edited too. */
export class HeatmapDocument implements vscode.Disposable {
  readonly scores: LiveScores
  private work: AbortController | undefined
  private workTimer: NodeJS.Timeout | undefined
  private paintTimer: NodeJS.Timeout | undefined
  private paintedAt = 0
  private engineStops = 0

  constructor(private readonly parts: HeatmapDocumentOptions) {
    this.scores = new LiveScores(parts.service, readSettings().startToken)
  }

  get document(): vscode.TextDocument {
    return this.parts.document
  }

  /** Its editors show another part of it, or there are others. */
  viewChanged(): void {
    this.repaint()
    this.workIn(SCROLL_DEBOUNCE_MS)
  }

  edited(edits: readonly TextEdit[]): void {
    this.scores.edit(edits)
    this.repaint()
    this.workIn(EDIT_DEBOUNCE_MS)
  }

  /** At once, but not more often than eyes can follow. */
  repaint(): void {
    const wait = Math.max(0, this.paintedAt + PAINT_INTERVAL_MS - performance.now())
    this.paintTimer ??= setTimeout(() => {
      this.paintTimer = undefined
      this.paintedAt = performance.now()
      for (const editor of this.editors()) this.parts.decorations.paint(editor, this.colouredTokens(editor))
    }, wait)
  }

  /** Does no work until the view changes or an edit comes; the scores stay. */
  rest(): void {
    clearTimeout(this.workTimer)
    this.work?.abort(new CancelledError())
  }

  /**
   * Resolves when the tokens are those of the text as it is now.
   * @throws what `LiveScores.update` throws
   */
  async bringUpToDate(signal: AbortSignal): Promise<void> {
    if (this.scores.outdated) await this.scores.update(this.document.getText(), signal)
  }

  rangeOfToken(token: number): vscode.Range {
    const { starts, ends } = this.scores.tokens
    return rangeOf(this.document, { start: starts[token], end: ends[token] })
  }

  dispose(): void {
    this.rest()
    clearTimeout(this.paintTimer)
    this.scores.dispose()
    for (const editor of this.editors()) this.parts.decorations.clear(editor)
  }

  private workIn(delayMs: number): void {
    this.rest()
    this.workTimer = setTimeout(() => void this.scoreWhatIsShown(), delayMs)
  }

  private async scoreWhatIsShown(): Promise<void> {
    const work = new AbortController()
    this.work = work
    const { signal } = work
    const onScored = () => {
      this.engineStops = 0
      this.repaint()
    }
    try {
      await this.bringUpToDate(signal)
      for (const margin of [0, MARGIN_LINES])
        for (const editor of this.editors())
          for (const range of shownRanges(editor, margin))
            await this.scores.score(offsetsOf(this.document, range), { signal, onScored })
      this.repaint()
      this.mark()
    } catch (error) {
      if (!signal.aborted) this.failed(error)
    }
  }

  /** The engine is started anew for another number of threads, say; one that stops again and again has crashed. */
  private failed(error: unknown): void {
    if (error instanceof EngineStoppedError && this.engineStops < MAX_ENGINE_STOPS) {
      this.engineStops++
      this.workIn(0)
    } else this.parts.onFailure(error)
  }

  private colouredTokens(editor: vscode.TextEditor): ColouredToken[] {
    const { heatmapMetric: metric } = readSettings()
    return shownRanges(editor, MARGIN_LINES).flatMap((shown) => {
      const span = tokensTouching(this.scores.tokens, offsetsOf(this.document, shown))
      return tokensFromStep(this.scores, span, metric, 2).flatMap(({ token, score, stale }) => {
        const step = stepOfScore(metric, score)
        const range = this.rangeOfToken(token)
        return step === 1 || isSelected(editor, range)
          ? []
          : [{ range, step, shade: stale ? 'stale' : 'fresh' }]
      })
    })
  }

  /** VS Code moves the marks with the edits, so it is enough to set them when scores have come. */
  private mark(): void {
    const ranges = mostSurprising(this.scores, readSettings().heatmapMetric, 5)
      .slice(0, MAX_MARKS)
      .map(({ token }) => this.rangeOfToken(token))
    for (const editor of this.editors()) this.parts.decorations.mark(editor, ranges)
  }

  private editors(): vscode.TextEditor[] {
    return vscode.window.visibleTextEditors.filter(({ document }) => document === this.document)
  }
}

/** Lines as far as they are drawn; what is folded away between them is left out. */
function shownRanges({ document, visibleRanges }: vscode.TextEditor, marginLines: number): vscode.Range[] {
  return visibleRanges.flatMap(({ start, end }, i) => {
    const first = i === 0 ? Math.max(0, start.line - marginLines) : start.line
    const last = i === visibleRanges.length - 1 ? end.line + marginLines : end.line
    return drawnRanges(document, first, last)
  })
}

/** Of lines that may be gone: VS Code tells of an edit before it tells of what is visible since. */
function drawnRanges(document: vscode.TextDocument, first: number, last: number): vscode.Range[] {
  const end = Math.min(last, document.lineCount - 1)
  const ranges: vscode.Range[] = []
  let start = new vscode.Position(first, 0)
  for (let line = first; line <= end; line++) {
    const { length } = document.lineAt(line).text
    if (length <= DRAWN_COLUMNS && line < end) continue
    ranges.push(new vscode.Range(start, new vscode.Position(line, Math.min(length, DRAWN_COLUMNS))))
    start = new vscode.Position(line + 1, 0)
  }
  return ranges
}

/** A background would hide the selection's. */
function isSelected({ selections }: vscode.TextEditor, range: vscode.Range): boolean {
  return selections.some((selection) => {
    const common = selection.intersection(range)
    return common !== undefined && !common.isEmpty
  })
}
