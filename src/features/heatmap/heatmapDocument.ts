import * as vscode from 'vscode'
import { readSettings } from '../../editor/settings'
import { offsetsOf, rangeOf } from '../../editor/documents/inspectionTarget'
import type { ShownInspection } from '../../editor/shownInspection'
import type { ColouredToken } from './stepDecorations'
import { LiveScores } from '../../prediction/live/liveScores'
import type { PredictionService } from '../../prediction/windows/predictionService'
import { mostSurprising, tokensFromStep } from '../../prediction/live/surprisingTokens'
import { CancelledError, EngineStoppedError } from '../../shared/errors'
import { elementAt } from '../../shared/elementAt'
import { stepOfScore } from '../../shared/numbers/metrics'
import type { TextEdit } from '../../shared/text/textEdit'
import { tokensTouching } from '../../shared/contracts/engine/tokenizedText'
import type { ComparedInspection } from '../../shared/text/comparisonText'
import { deltaTokens, furthestApart } from './deltaColours'
import type { HeatmapColours, HeatmapDecorations } from './heatmapDecorations'

/** Longer than the pause between two keystrokes. */
const EDIT_DEBOUNCE_MS = 150
const SCROLL_DEBOUNCE_MS = 100
/** Repainting more often would not be visible. */
const PAINT_INTERVAL_MS = 50
/** Scored above and below the visible lines, so that scrolling a few lines shows colours at once. */
const MARGIN_LINES = 20
/** More marks would merge on the overview ruler. */
const MAX_MARKS = 100
/** VS Code does not render a line beyond this column (default of `editor.stopRenderingLineAfter`). */
const RENDERED_COLUMNS = 10_000
/**
 * Restarts of the engine, without a score in between, after which the heatmap fails. Several in a row are normal:
 * typing a number of threads into the settings restarts the engine with every digit.
 */
const MAX_ENGINE_STOPS = 5

export interface HeatmapDocumentOptions {
  readonly document: vscode.TextDocument
  readonly service: PredictionService
  readonly decorations: HeatmapDecorations
  readonly inspection: Pick<ShownInspection, 'comparedInspectionOf'>
  /** Called when the heatmap of this document has to stop. */
  readonly onFailure: (error: unknown) => void
}

/** A document with the heatmap on: scores and colours what its editors show, also during edits. */
export class HeatmapDocument implements vscode.Disposable {
  readonly scores: LiveScores
  private work: AbortController | undefined
  private workTimer: NodeJS.Timeout | undefined
  private paintTimer: NodeJS.Timeout | undefined
  private paintedAt = 0
  /** Whether to set the marks with the next paint. */
  private marksAreOld = false
  private engineStops = 0

  constructor(private readonly options: HeatmapDocumentOptions) {
    this.scores = new LiveScores(options.service, readSettings().startToken)
  }

  get document(): vscode.TextDocument {
    return this.options.document
  }

  /** The document's editors show another part of it, or other editors show it. */
  viewChanged(): void {
    this.repaint()
    this.scoreAfter(SCROLL_DEBOUNCE_MS)
  }

  edited(edits: readonly TextEdit[]): void {
    this.scores.edit(edits)
    this.repaint()
    this.scoreAfter(EDIT_DEBOUNCE_MS)
  }

  /** The document is compared, or not any more, or its comparison has more tokens. */
  comparisonChanged(): void {
    this.marksAreOld = true
    this.repaint()
  }

  /** Paints at once, or after the rest of `PAINT_INTERVAL_MS`. */
  repaint(): void {
    const wait = Math.max(0, this.paintedAt + PAINT_INTERVAL_MS - performance.now())
    this.paintTimer ??= setTimeout(() => {
      this.paintTimer = undefined
      this.paintedAt = performance.now()
      for (const editor of this.editors()) this.options.decorations.paint(editor, this.colours(editor))
      if (this.marksAreOld) this.mark()
    }, wait)
  }

  /** Stops scoring until the view changes or the document is edited; keeps the scores. */
  pause(): void {
    clearTimeout(this.workTimer)
    this.work?.abort(new CancelledError())
  }

  /**
   * Resolves when the tokens match the current text.
   * @throws what `LiveScores.update` throws
   */
  async bringUpToDate(signal: AbortSignal): Promise<void> {
    if (this.scores.outdated) await this.scores.update(this.document.getText(), signal)
  }

  rangeOfToken(token: number): vscode.Range {
    const { starts, ends } = this.scores.tokens
    return rangeOf(this.document, { start: elementAt(starts, token), end: elementAt(ends, token) })
  }

  dispose(): void {
    this.pause()
    clearTimeout(this.paintTimer)
    this.scores.dispose()
    for (const editor of this.editors()) this.options.decorations.clear(editor)
  }

  private scoreAfter(delayMs: number): void {
    this.pause()
    this.workTimer = setTimeout(() => void this.scoreVisibleText(), delayMs)
  }

  private async scoreVisibleText(): Promise<void> {
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

  /** A stopped engine usually restarts, for example with another number of threads; one that stops repeatedly has crashed. */
  private failed(error: unknown): void {
    if (error instanceof EngineStoppedError && this.engineStops < MAX_ENGINE_STOPS) {
      this.engineStops++
      this.scoreAfter(0)
    } else this.options.onFailure(error)
  }

  private colours(editor: vscode.TextEditor): HeatmapColours {
    const shown = shownRanges(editor, MARGIN_LINES)
    const { compared } = this
    if (compared === undefined) return { kind: 'metric', tokens: this.colouredTokens(editor, shown) }
    const tokens = shown.flatMap((range) =>
      deltaTokens(this.document, compared, offsetsOf(this.document, range)),
    )
    return { kind: 'delta', tokens: tokens.filter(({ range }) => !isSelected(editor, range)) }
  }

  /** The comparison whose differences are coloured instead of the metric; undefined if the metric is. */
  private get compared(): ComparedInspection | undefined {
    return readSettings().heatmapDelta
      ? this.options.inspection.comparedInspectionOf(this.document)
      : undefined
  }

  private colouredTokens(editor: vscode.TextEditor, shown: readonly vscode.Range[]): ColouredToken[] {
    const { heatmapMetric: metric } = readSettings()
    return shown.flatMap((shown) => {
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

  /** Sets the marks after scoring; during edits VS Code moves them. */
  private mark(): void {
    this.marksAreOld = false
    const { compared } = this
    const ranges =
      compared === undefined
        ? mostSurprising(this.scores, readSettings().heatmapMetric, 5)
            .slice(0, MAX_MARKS)
            .map(({ token }) => this.rangeOfToken(token))
        : furthestApart(this.document, compared, MAX_MARKS)
    for (const editor of this.editors()) this.options.decorations.mark(editor, ranges)
  }

  private editors(): vscode.TextEditor[] {
    return vscode.window.visibleTextEditors.filter(({ document }) => document === this.document)
  }
}

/** The rendered part of the visible lines and of `marginLines` around them, without folded lines. */
function shownRanges({ document, visibleRanges }: vscode.TextEditor, marginLines: number): vscode.Range[] {
  return visibleRanges.flatMap(({ start, end }, i) => {
    const first = i === 0 ? Math.max(0, start.line - marginLines) : start.line
    const last = i === visibleRanges.length - 1 ? end.line + marginLines : end.line
    return renderedRanges(document, first, last)
  })
}

/** Lines may be missing: VS Code reports an edit before it reports the visible ranges after it. */
function renderedRanges(document: vscode.TextDocument, first: number, last: number): vscode.Range[] {
  const end = Math.min(last, document.lineCount - 1)
  const ranges: vscode.Range[] = []
  let start = new vscode.Position(first, 0)
  for (let line = first; line <= end; line++) {
    const { length } = document.lineAt(line).text
    if (length <= RENDERED_COLUMNS && line < end) continue
    ranges.push(new vscode.Range(start, new vscode.Position(line, Math.min(length, RENDERED_COLUMNS))))
    start = new vscode.Position(line + 1, 0)
  }
  return ranges
}

/** Selected tokens are not coloured, because their background would hide the selection's. */
function isSelected({ selections }: vscode.TextEditor, range: vscode.Range): boolean {
  return selections.some((selection) => {
    const common = selection.intersection(range)
    return common !== undefined && !common.isEmpty
  })
}
