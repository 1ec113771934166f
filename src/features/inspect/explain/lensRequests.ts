import { type Log, logError } from '../../../editor/log'
import type { Explanations } from '../../../prediction/explanations'
import { describeFailure } from '../../../prediction/failureText'
import type { SectionSequence } from '../../../prediction/inspectDocument'
import { LENS_TOP_K, type LensRow } from '../../../shared/contracts/explanation'
import { encodeLensRows } from '../../../shared/contracts/lensRows'
import type { RequestLensMessage } from '../../../shared/contracts/lensMessages'
import type { TokenAddress } from '../../../shared/contracts/protocol'
import { delay } from '../../../shared/delay'
import type { InspectionRun } from '../run/inspectionRun'
import { REPLACED_RUN, type ShownRun } from './shownRun'

export interface LensRequestsOptions {
  readonly explanations: Pick<Explanations, 'lens'>
  readonly log: Log
  readonly shown: ShownRun
}

/** Answers requests for the logit lens. One request at a time; rows that the run has are not computed again. */
export class LensRequests {
  private running: AbortController | undefined

  constructor(private readonly options: LensRequestsOptions) {}

  /** Posts `lensRows` as rows are known, then `lensEnded`. A newer request cancels the work and nothing more is posted. */
  async answer(message: RequestLensMessage): Promise<void> {
    const { shown, log } = this.options
    const { inspectionId, request } = message
    this.cancel()
    const run = shown.run()
    const sequence = run?.sequences.at(message.section)
    if (run?.inspection.id !== inspectionId || sequence === undefined) {
      const failure = { message: REPLACED_RUN, remedies: [] }
      shown.post({ type: 'lensEnded', inspectionId, request, failure })
      return
    }
    const running = new AbortController()
    this.running = running
    try {
      await this.compute(message, { run, sequence, signal: running.signal })
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

  /** Posts all rows of the shown run to a page that has just loaded, block by block, so that no turn is long. */
  async postAll(): Promise<void> {
    const run = this.options.shown.run()
    if (run === undefined) return
    for (const { section, first, rows } of run.lens.blocks) {
      for (const { from, end } of rangesOf(rows, (row) => row !== null))
        this.post(run.inspection.id, { section, position: first + from }, rows.slice(from, end))
      await delay(0)
    }
  }

  private async compute(
    { section, from, end }: RequestLensMessage,
    { run, sequence, signal }: Work,
  ): Promise<void> {
    const { explanations, shown } = this.options
    const { tokenIds, to } = sequence
    const { id, startToken, model } = run.inspection
    const wanted = Array.from({ length: Math.min(end, to - sequence.from + 1) - from }, (_, i) => from + i)
    const known = wanted.map((position) => run.lens.at({ section, position }))
    for (const range of rangesOf(known, (row) => row !== null))
      this.post(id, { section, position: from + range.from }, known.slice(range.from, range.end))
    for (const range of rangesOf(known, (row) => row === null)) {
      await explanations.lens(
        {
          tokenIds,
          to,
          startToken,
          model,
          from: sequence.from + from + range.from,
          end: sequence.from + from + range.end,
          topK: Math.min(LENS_TOP_K, model.vocabularySize),
        },
        {
          signal,
          priority: 'interactive',
          onRows: (token, rows) => {
            const position = token - sequence.from
            shown.addLensRows(id, { section, position }, rows)
            if (!signal.aborted) this.post(id, { section, position }, rows)
          },
        },
      )
    }
  }

  private post(inspectionId: string, address: TokenAddress, rows: readonly (LensRow | null)[]): void {
    this.options.shown.post({ type: 'lensRows', inspectionId, ...address, rows: encodeLensRows(rows) })
  }
}

interface Work {
  readonly run: InspectionRun
  /** The request's section. */
  readonly sequence: SectionSequence
  readonly signal: AbortSignal
}

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
