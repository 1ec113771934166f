import type { BaselineSide } from '../../../prediction/compare/compareInspection'
import { answerWhy, NOTHING_KNOWN, type WhyExplanations } from '../../../prediction/explain/answerWhy'
import type { Explanations } from '../../../prediction/explain/explanations'
import { type WindowRow, windowRow } from '../../../prediction/explain/windowRow'
import type { PredictionService } from '../../../prediction/windows/predictionService'
import type { LensRow } from '../../../shared/contracts/engine/explanation'
import type { ComparisonSide } from '../../../shared/contracts/panel/comparison'
import type { LensQuestion, RowAddress, WhyQuestion } from '../../../shared/contracts/panel/panelCalls'
import {
  isSameSubject,
  type WhyAnswer,
  type WhyPart,
  type WhySubject,
  withWhyPart,
} from '../../../shared/contracts/panel/why'
import { CancelledError, PanelCallError } from '../../../shared/errors'
import type { InspectionRun } from './inspectionRun'
import { baselineSide, type ExplainedSide, shownSide } from './explainedSide'
import { computeLens, rangesOf } from './lensOfRun'
import { keepWhyAnswer } from './whyAnswers'

/** The work that explanations of a session start. */
export interface ExplanationWork {
  readonly explanations: WhyExplanations & Pick<Explanations, 'lens' | 'firstTokenOf'>
  readonly logits: PredictionService['logits']
}

export interface RunExplanationsOptions {
  readonly work: ExplanationWork
  /** The shown results. */
  readonly run: () => InspectionRun | undefined
  /**
   * The baseline's side of the shown comparison.
   * @throws BaselineTextError if its text is not known
   */
  readonly baselineSide: () => BaselineSide
  /** Changes the shown results. */
  readonly keep: (change: (run: InspectionRun) => InspectionRun) => void
}

/** The question is about a run that is not shown any more, or about a row that it does not have. */
export class ReplacedRunError extends PanelCallError {
  constructor() {
    super('A newer run has replaced this one. Wait for its results.')
  }
}

export interface LensAnswerOptions {
  readonly signal: AbortSignal
  /** Called with consecutive rows and the position of the first in the shown section. */
  readonly onRows: (position: number, rows: readonly LensRow[]) => void
}

export interface WhyAnswerOptions {
  readonly signal: AbortSignal
  /** Called with what is known already, and again if another backend computes all parts again. */
  readonly onAnswer: (answer: WhyAnswer) => void
  readonly onPart: (part: WhyPart) => void
}

/** Explains tokens of the shown run. The answers about the shown side are kept with the run and not computed again. */
export class RunExplanations {
  /** Aborted when the tokens or the model of a side change. */
  private readonly sides = { shown: new AbortController(), baseline: new AbortController() }

  constructor(private readonly options: RunExplanationsOptions) {}

  /**
   * The row of raw logits, [V], that a token of the shown side is predicted from.
   * @throws ReplacedRunError, and what `PredictionService.logits` throws
   */
  async logits(
    { inspectionId, section, position }: RowAddress,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<Float32Array> {
    const run = this.runOf(inspectionId)
    const { request, from } = this.sideOf(run, 'shown', section)
    const row = windowRow(request, from + position)
    if (row === undefined) throw new ReplacedRunError()
    return this.options.work.logits({ ...request, token: row.token }, { signal })
  }

  /**
   * The logit lens of positions of a section of the shown side, on either side.
   * @throws ReplacedRunError, CancelledError, BaselineTextError, and what `Explanations.lens` throws
   */
  async lens(
    { inspectionId, side: name, section, from, end }: LensQuestion,
    options: LensAnswerOptions,
  ): Promise<void> {
    const run = this.runOf(inspectionId)
    const side = this.sideOf(run, name, section)
    const rowCount = (run.inspection.sections[section]?.tokens.length ?? 0) + 1
    const known = Array.from({ length: Math.max(0, Math.min(end, rowCount) - from) }, (_, i) =>
      name === 'shown' ? run.lens.at({ section, position: from + i }) : null,
    )
    const signal = this.signalOf(name, options.signal)
    for (const range of rangesOf(known, (row) => row !== null))
      options.onRows(
        from + range.from,
        known.slice(range.from, range.end).filter((row) => row !== null),
      )
    for (const range of rangesOf(known, (row) => row === null))
      await computeLens(this.options.work.explanations, side, {
        from: from + range.from,
        end: from + range.end,
        signal,
        onRows: (position, rows) => {
          if (name === 'shown')
            this.keep(inspectionId, (shown) => ({
              ...shown,
              lens: shown.lens.with({ section, position }, rows),
            }))
          if (!signal.aborted) options.onRows(position, rows)
        },
      })
  }

  /**
   * Why a token was predicted. Parts that the run has of an earlier answer about the same subject are not computed again.
   * @throws ReplacedRunError, CancelledError, BaselineTextError, and what `Explanations` throws
   */
  async why({ subject, knockedOut }: WhyQuestion, options: WhyAnswerOptions): Promise<void> {
    const run = this.runOf(subject.inspectionId)
    const row = rowOf(this.sideOf(run, subject.side, subject.section), subject)
    if (row === undefined) throw new ReplacedRunError()
    const signal = this.signalOf(subject.side, options.signal)
    const { tokenId, contrast } = subject
    const known = run.why.find((answer) => isSameSubject(answer.subject, subject))
    let answer = known ?? emptyAnswer(subject, row)
    options.onAnswer(answer)
    await answerWhy(
      this.options.work.explanations,
      { row, tokenId, contrast, knockedOut, known: answer },
      {
        signal,
        onPart: (part) => {
          signal.throwIfAborted()
          answer = withWhyPart(answer, part)
          if (subject.side === 'shown')
            this.keep(subject.inspectionId, (shown) => ({ ...shown, why: keepWhyAnswer(shown.why, answer) }))
          options.onPart(part)
        },
        onRestart: (model) => {
          answer = { ...emptyAnswer(subject, row), model }
          options.onAnswer(answer)
        },
      },
    )
  }

  /** The first token of a text, tokenized as it stands; null for an empty text. */
  firstToken(text: string, options: { readonly signal: AbortSignal }): Promise<number | null> {
    return this.options.work.explanations.firstTokenOf(text, options)
  }

  /** Stops explaining a side, whose tokens or model are about to change; by default both. */
  cancel(side?: ComparisonSide): void {
    for (const name of ['shown', 'baseline'] as const) {
      if (side !== undefined && side !== name) continue
      this.sides[name].abort(new CancelledError())
      this.sides[name] = new AbortController()
    }
  }

  private signalOf(side: ComparisonSide, signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.sides[side].signal])
  }

  private runOf(inspectionId: string): InspectionRun {
    const run = this.options.run()
    if (run?.inspection.id !== inspectionId) throw new ReplacedRunError()
    return run
  }

  private sideOf(run: InspectionRun, name: ComparisonSide, section: number): ExplainedSide {
    const side =
      name === 'shown' ? shownSide(run, section) : baselineSide(run, this.options.baselineSide(), section)
    if (side === undefined) throw new ReplacedRunError()
    return side
  }

  /** Keeps an explanation with the run, if it is still shown. */
  private keep(inspectionId: string, change: (run: InspectionRun) => InspectionRun): void {
    if (this.options.run()?.inspection.id === inspectionId) this.options.keep(change)
  }
}

/** A row of a side and its place. */
interface PlacedRow extends WindowRow {
  /** Index in the side's section. */
  readonly position: number
}

/** Undefined if the side has no such row. */
function rowOf({ request, from, positionOf }: ExplainedSide, subject: WhySubject): PlacedRow | undefined {
  const position = positionOf(subject.position)
  const row = position === undefined ? undefined : windowRow(request, from + position)
  return row === undefined || position === undefined ? undefined : { ...row, position }
}

/** An answer of which nothing is computed yet. */
function emptyAnswer(subject: WhySubject, { inputIds, position }: PlacedRow): WhyAnswer {
  const window = { inputIds, rowOffset: position - inputIds.length }
  return { subject, window, ...NOTHING_KNOWN }
}
