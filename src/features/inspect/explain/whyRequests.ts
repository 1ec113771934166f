import { type Log, logError } from '../../../editor/log'
import type { BaselineSide } from '../../../prediction/compare/compareInspection'
import { answerWhy, NOTHING_KNOWN, type WhyExplanations } from '../../../prediction/explain/answerWhy'
import type { Explanations } from '../../../prediction/explain/explanations'
import { type WindowRow, windowRow } from '../../../prediction/explain/windowRow'
import { describeFailure } from '../../../prediction/failureText'
import type { ComparisonSide } from '../../../shared/contracts/panel/comparison'
import {
  isSameSubject,
  type RequestFirstTokenMessage,
  type RequestWhyMessage,
  type WhyAnswer,
  type WhyPart,
  type WhySubject,
  withWhyPart,
} from '../../../shared/contracts/panel/why'
import type { InspectionRun } from '../run/inspectionRun'
import { baselineSide, type ExplainedSide, shownSide } from './explainedSide'
import { REPLACED_RUN, type ShownRun } from './shownRun'

export interface WhyRequestsOptions {
  readonly explanations: WhyExplanations & Pick<Explanations, 'firstTokenOf'>
  readonly log: Log
  readonly shown: ShownRun
  /** What the shown run is compared with. */
  readonly baselineSide: () => BaselineSide
}

/**
 * Answers requests why a token was predicted: attribution, the curves over layers and context, and attention knockout. It
 * works on one request at a time, and what the run has of an earlier answer about the same subject is not computed again.
 */
export class WhyRequests {
  private running: AbortController | undefined
  /** The side of the last request. */
  private runningSide: ComparisonSide = 'shown'

  constructor(private readonly options: WhyRequestsOptions) {}

  /** Posts `setWhy`, then `addWhyPart` for each further part, then `endWhy`. A newer request cancels the work. */
  async answer({ subject, knockedOut }: RequestWhyMessage): Promise<void> {
    const { explanations, shown, log } = this.options
    this.cancel()
    const running = new AbortController()
    this.running = running
    this.runningSide = subject.side
    const { signal } = running
    const run = shown.run()
    if (run?.inspection.id !== subject.inspectionId) {
      shown.post({ type: 'endWhy', subject, failure: { message: REPLACED_RUN, remedies: [] } })
      return
    }
    try {
      const side =
        subject.side === 'shown'
          ? shownSide(run, subject.section)
          : baselineSide(run, this.options.baselineSide(), subject.section)
      const row = side && rowOf(side, subject)
      if (row === undefined) {
        shown.post({ type: 'endWhy', subject, failure: { message: REPLACED_RUN, remedies: [] } })
        return
      }
      let answer = knownAnswer(run, subject) ?? emptyAnswer(subject, row)
      const add = (part: WhyPart) => {
        signal.throwIfAborted()
        answer = withWhyPart(answer, part)
        if (subject.side === 'shown') shown.keepWhy(answer)
        shown.post({ type: 'addWhyPart', subject, part })
      }
      shown.post({ type: 'setWhy', answer })
      const { tokenId, against } = subject
      await answerWhy(
        explanations,
        { row, tokenId, against, knockedOut, known: answer },
        {
          signal,
          onPart: add,
          onRestart: (model) => {
            answer = { ...emptyAnswer(subject, row), model }
            shown.post({ type: 'setWhy', answer })
          },
        },
      )
      shown.post({ type: 'endWhy', subject, failure: null })
    } catch (error) {
      if (signal.aborted) return
      logError(log, 'Explaining the prediction failed', error)
      shown.post({ type: 'endWhy', subject, failure: describeFailure(error) })
    }
  }

  /** Cancels the work on the last request, which is not answered further. */
  cancel(): void {
    this.running?.abort()
    this.running = undefined
  }

  /** Cancels work on the baseline's side, whose model is about to be unloaded. */
  cancelBaseline(): void {
    if (this.runningSide === 'baseline') this.cancel()
  }

  /** Posts `firstToken`. */
  async answerFirstToken({ text }: RequestFirstTokenMessage): Promise<void> {
    const { explanations, log, shown } = this.options
    try {
      shown.post({ type: 'firstToken', text, tokenId: await explanations.firstTokenOf(text) })
    } catch (error) {
      logError(log, 'Tokenizing the text to hold a token against failed', error)
      shown.post({ type: 'firstToken', text, tokenId: null })
    }
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

function knownAnswer({ why }: InspectionRun, subject: WhySubject): WhyAnswer | undefined {
  return why.find((answer) => isSameSubject(answer.subject, subject))
}

function emptyAnswer(subject: WhySubject, { inputIds, position }: PlacedRow): WhyAnswer {
  const window = { inputIds, rowOffset: position - inputIds.length }
  return { subject, window, ...NOTHING_KNOWN }
}
