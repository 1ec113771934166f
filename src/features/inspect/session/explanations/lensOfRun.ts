import { type Log, logError } from '../../../editor/log'
import type { Explanations } from '../../../prediction/explain/explanations'
import { describeFailure } from '../../../prediction/failureText'
import type { BaselineSide } from '../../../prediction/compare/compareInspection'
import { LENS_TOP_K, type LensRow } from '../../../shared/contracts/engine/explanation'
import { encodeLensRows } from '../../../shared/contracts/panel/lensRows'
import type { ComparisonSide } from '../../../shared/contracts/panel/comparison'
import type { LensRowsMessage, RequestLensMessage } from '../../../shared/contracts/panel/lensMessages'
import { delay } from '../../../shared/delay'
import { elementAt } from '../../../shared/elementAt'
import type { InspectionRun } from '../run/inspectionRun'
import { baselineSide, type ExplainedSide, shownSide } from './explainedSide'
import { REPLACED_RUN, type ShownRun } from './shownRun'

export interface LensRequestsOptions {
  readonly explanations: Pick<Explanations, 'lens'>
  readonly log: Log
  readonly shown: ShownRun
  /** What the shown run is compared with. */
  readonly baselineSide: () => BaselineSide
}

/** Answers requests for the logit lens. One request at a time; rows that the run has are not computed again. */
export class LensRequests {
  private running: AbortController | undefined
  /** The side of the last request. */
  private runningSide: ComparisonSide = 'shown'

  constructor(private readonly options: LensRequestsOptions) {}

  /** Posts `lensRows` as rows are known, then `lensEnded`. A newer request cancels the work and nothing more is posted. */
  async answer(message: RequestLensMessage): Promise<void> {
    const { shown, log } = this.options
    const { inspectionId, request } = message
    this.cancel()
    const run = shown.run()
    const running = new AbortController()
    this.running = running
    this.runningSide = message.side
    if (run?.inspection.id !== inspectionId || message.section >= run.sequences.length) {
      const failure = { message: REPLACED_RUN, remedies: [] }
      shown.post({ type: 'lensEnded', inspectionId, request, failure })
      return
    }
    try {
      if (message.side === 'shown') await this.computeShown(message, run, running.signal)
      else await this.computeBaseline(message, run, running.signal)
      if (!running.signal.aborted) shown.post({ type: 'lensEnded', inspectionId, request, failure: null })
    } catch (error) {
      if (running.signal.aborted) return
      logError(log, 'Computing the lens failed', error)
      const failure = describeFailure(error, run.inspection)
      shown.post({ type: 'lensEnded', inspectionId, request, failure })
    }
  }

  cancel(): void {
    this.running?.abort()
    this.running = undefined
  }

  /** Cancels work on the baseline's side, whose model is about to be unloaded. */
  cancelBaseline(): void {
    if (this.runningSide === 'baseline') this.cancel()
  }

  /** Posts all rows of the shown run to a page that has just loaded, block by block, so that no turn is long. */
  async postAll(): Promise<void> {
    const run = this.options.shown.run()
    if (run === undefined) return
    for (const { section, first, rows } of run.lens.blocks) {
      for (const { from, end } of rangesOf(rows, (row) => row !== null))
        this.post({
          inspectionId: run.inspection.id,
          side: 'shown',
          section,
          position: first + from,
          rows: rows.slice(from, end),
        })
      await delay(0)
    }
  }

  /** Rows that the run has are posted, the others are computed and kept. */
  private async computeShown(
    { section, from, end }: RequestLensMessage,
    run: InspectionRun,
    signal: AbortSignal,
  ): Promise<void> {
    const side = shownSide(run, section)
    if (side === undefined) return
    const inspectionId = run.inspection.id
    const { to } = side.request
    const post = (position: number, rows: readonly (LensRow | null)[]) => {
      this.post({ inspectionId, side: 'shown', section, position, rows })
    }
    const wanted = Array.from({ length: Math.min(end, to - side.from + 1) - from }, (_, i) => from + i)
    const known = wanted.map((position) => run.lens.at({ section, position }))
    for (const range of rangesOf(known, (row) => row !== null))
      post(from + range.from, known.slice(range.from, range.end))
    for (const range of rangesOf(known, (row) => row === null)) {
      const missing = { from: from + range.from, end: from + range.end }
      await this.rowsOf(side, missing, {
        signal,
        onRows: (position, rows) => {
          this.options.shown.addLensRows(inspectionId, { section, position }, rows)
          if (!signal.aborted) post(position, rows)
        },
      })
    }
  }

  /** Rows of the baseline's side are posted at the positions of the shown side, and not kept. */
  private async computeBaseline(
    { section, from, end }: RequestLensMessage,
    run: InspectionRun,
    signal: AbortSignal,
  ): Promise<void> {
    const side = baselineSide(run, this.options.baselineSide(), section)
    if (side === undefined) return
    const rows = elementAt(run.inspection.sections, section).tokens.length + 1
    const places = Array.from({ length: Math.min(end, rows) - from }, (_, i) => side.positionOf(from + i))
    for (const range of consecutive(places)) {
      const shift = from + range.index - range.from
      await this.rowsOf(side, range, {
        signal,
        onRows: (place, rows) => {
          if (signal.aborted) return
          const position = place + shift
          this.post({ inspectionId: run.inspection.id, side: 'baseline', section, position, rows })
        },
      })
    }
  }

  /** Computes the rows of a range of the side's section. */
  private async rowsOf(
    { request, from: first }: ExplainedSide,
    { from, end }: Range,
    { signal, onRows }: RowsOptions,
  ): Promise<void> {
    await this.options.explanations.lens(
      {
        ...request,
        from: first + from,
        end: first + end,
        topK: Math.min(LENS_TOP_K, request.model.vocabularySize),
      },
      {
        signal,
        priority: 'interactive',
        onRows: (token, rows) => {
          onRows(token - first, rows)
        },
      },
    )
  }

  private post({ rows, ...rest }: PostedRows): void {
    this.options.shown.post({ type: 'lensRows', ...rest, rows: encodeLensRows(rows) })
  }
}

interface RowsOptions {
  readonly signal: AbortSignal
  /** Called with the position in the side's section. */
  readonly onRows: (position: number, rows: readonly LensRow[]) => void
}

type PostedRows = Omit<LensRowsMessage, 'type' | 'rows'> & { readonly rows: readonly (LensRow | null)[] }

interface Range {
  readonly from: number
  readonly end: number
}

/** The ranges of consecutive items for which the condition holds. */
function rangesOf<T>(items: readonly T[], holds: (item: T) => boolean): Range[] {
  const ranges: Range[] = []
  let from = 0
  for (const [i, item] of items.entries()) {
    if (!holds(item)) {
      if (i > from) ranges.push({ from, end: i })
      from = i + 1
    }
  }
  if (items.length > from) ranges.push({ from, end: items.length })
  return ranges
}

/** The runs of consecutive numbers, and the index where each begins in the list. */
function consecutive(places: readonly (number | undefined)[]): (Range & { readonly index: number })[] {
  const runs: { index: number; from: number; end: number }[] = []
  for (const [index, place] of places.entries()) {
    if (place === undefined) continue
    const last = runs.at(-1)
    const continues = last !== undefined && last.end === place && last.index + last.end - last.from === index
    if (continues) last.end++
    else runs.push({ index, from: place, end: place + 1 })
  }
  return runs
}
