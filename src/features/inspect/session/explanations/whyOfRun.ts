import { type Log, logError } from '../../../editor/log'
import type { BaselineSide } from '../../../prediction/compare/compareInspection'
import type { ExplainedRow, Explanations } from '../../../prediction/explain/explanations'
import { describeFailure } from '../../../prediction/failureText'
import { inputBefore, inputOfNext, layoutOf } from '../../../prediction/windows/windows'
import type { ComparisonSide } from '../../../shared/contracts/panel/comparison'
import type { ContextPoint } from '../../../shared/contracts/engine/explanation'
import type { ModelInfo } from '../../../shared/contracts/engine/prediction'
import {
  isSameSubject,
  type Knockout,
  type RequestFirstTokenMessage,
  type RequestWhyMessage,
  type WhyAnswer,
  type WhyPart,
  type WhySubject,
  withWhyPart,
} from '../../../shared/contracts/panel/why'
import { elementAt } from '../../../shared/elementAt'
import type { InspectionRun } from '../run/inspectionRun'
import { baselineSide, type ExplainedSide, shownSide } from './explainedSide'
import { REPLACED_RUN, type ShownRun } from './shownRun'

export interface WhyRequestsOptions {
  readonly explanations: Pick<
    Explanations,
    'attribution' | 'lensOf' | 'contextCurves' | 'knockout' | 'firstTokenOf'
  >
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
    const { shown, log } = this.options
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
      await this.complete(answer, { row, knockedOut, signal, add })
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

  /** Computes what the answer lacks, the fastest part first. */
  private async complete(
    { subject, attribution, layers, context, knockout }: WhyAnswer,
    work: Work,
  ): Promise<void> {
    const { explanations } = this.options
    const { row, knockedOut, signal, add } = work
    const { tokenId, against } = subject
    const tokenIds: TokenIds = against.kind === 'token' ? [tokenId, against.tokenId] : [tokenId]
    if (attribution === null && row.model.precision === 'fp32') {
      const found = await explanations.attribution({ ...row, tokenId, against }, { signal })
      add({ kind: 'attribution', attribution: found })
    }
    if (knockedOut.length > 0 && knockout?.rows.join() !== knockedOut.join())
      add({ kind: 'knockout', knockout: await this.knockout(tokenIds, work) })
    if (layers === null) add({ kind: 'layers', layers: await this.layers(tokenIds, work) })
    if (!isComplete(context, row)) await this.context(tokenIds, work)
  }

  private async layers(tokenIds: TokenIds, { row, signal }: Work): Promise<readonly Float32Array[]> {
    const curves: Float32Array[] = []
    for (const tokenId of tokenIds) {
      const { logProb } = await this.options.explanations.lensOf({ ...row, tokenId, topK: 1 }, { signal })
      curves.push(logProb)
    }
    return curves
  }

  /** Adds the curves again with each further point: all of them take as long as two runs of the whole window. */
  private async context(tokenIds: TokenIds, { row, signal, add }: Work): Promise<void> {
    let context: readonly (readonly ContextPoint[])[] = tokenIds.map(() => [])
    await this.options.explanations.contextCurves(
      { ...row, scoredIds: tokenIds },
      {
        signal,
        onPoints: (points) => {
          context = context.map((curve, i) => [...curve, elementAt(points, i)])
          add({ kind: 'context', context })
        },
      },
    )
  }

  private async knockout(scoredIds: TokenIds, { row, knockedOut, signal }: Work): Promise<Knockout> {
    // The last row of the window is that of the token before the predicted one.
    const first = row.token - row.inputIds.length
    const { distribution, logProbs } = await this.options.explanations.knockout(
      {
        ...row,
        scoredIds,
        knockedOut: knockedOut.map((j) => (j === 0 && row.startToken ? 'startToken' : first + j)),
      },
      { signal },
    )
    const { tokenId, logProb } = elementAt([...distribution.top], 0)
    return { rows: knockedOut, logProbs, top: { tokenId, logProb } }
  }
}

/** The token, and the one it is held against. */
type TokenIds = readonly [number, ...number[]]

interface Work {
  readonly row: WindowRow
  readonly knockedOut: readonly number[]
  readonly signal: AbortSignal
  /** @throws the signal's reason if it is aborted */
  readonly add: (part: WhyPart) => void
}

/** A row of a sequence with the tokens of its window. */
interface WindowRow extends ExplainedRow {
  readonly model: ModelInfo
  readonly inputIds: Int32Array
  /** Index in the side's section. */
  readonly position: number
}

/** Undefined if the side has no such row. */
function rowOf({ request, from, positionOf }: ExplainedSide, subject: WhySubject): WindowRow | undefined {
  const position = positionOf(subject.position)
  if (position === undefined) return undefined
  const { tokenIds, to, startToken, model } = request
  const token = from + position
  if (token > to || (token === 0 && !startToken)) return undefined
  const layout = layoutOf(model, request)
  const inputIds = token === to ? inputOfNext(tokenIds, to, layout) : inputBefore(tokenIds, token, layout)
  return { ...request, token, inputIds, position }
}

function knownAnswer({ why }: InspectionRun, subject: WhySubject): WhyAnswer | undefined {
  return why.find((answer) => isSameSubject(answer.subject, subject))
}

/** Whether the curves reach all tokens of the window. */
function isComplete(context: WhyAnswer['context'], { inputIds, startToken }: WindowRow): boolean {
  return context?.[0]?.at(-1)?.tokens === inputIds.length - Number(startToken)
}

function emptyAnswer(subject: WhySubject, { inputIds, position }: WindowRow): WhyAnswer {
  const window = { inputIds, rowOffset: position - inputIds.length }
  return { subject, window, attribution: null, layers: null, context: null, knockout: null }
}
