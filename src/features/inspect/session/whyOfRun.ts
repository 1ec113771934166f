import type { ExplainedRow, Explanations } from '../../../prediction/explain/explanations'
import { inputBefore, inputOfNext, layoutOf } from '../../../prediction/windows/windows'
import type { ContextPoint } from '../../../shared/contracts/engine/explanation'
import type { ModelInfo } from '../../../shared/contracts/engine/prediction'
import type { Knockout, WhyAnswer, WhyPart, WhySubject } from '../../../shared/contracts/panel/why'
import { elementAt } from '../../../shared/elementAt'
import type { ExplainedSide } from './explainedSide'

/** The row of a side that predicts a token, with the tokens of its window. */
export interface WindowRow extends ExplainedRow {
  readonly model: ModelInfo
  readonly inputIds: Int32Array
  /** Index in the side's section. */
  readonly position: number
}

/** Undefined if the side has no such row. */
export function windowRowOf(
  { request, from, positionOf }: ExplainedSide,
  subject: WhySubject,
): WindowRow | undefined {
  const position = positionOf(subject.position)
  if (position === undefined) return undefined
  const { tokenIds, to, startToken, model } = request
  const token = from + position
  if (token > to || (token === 0 && !startToken)) return undefined
  const layout = layoutOf(model, request)
  const inputIds = token === to ? inputOfNext(tokenIds, to, layout) : inputBefore(tokenIds, token, layout)
  return { ...request, token, inputIds, position }
}

/** An answer of which nothing is computed yet. */
export function emptyAnswer(subject: WhySubject, { inputIds, position }: WindowRow): WhyAnswer {
  const window = { inputIds, rowOffset: position - inputIds.length }
  return { subject, window, attribution: null, layers: null, context: null, knockout: null }
}

export interface WhyWork {
  readonly row: WindowRow
  /** Rows of the window that no later row attends to; empty for none. */
  readonly knockedOut: readonly number[]
  readonly signal: AbortSignal
  /** @throws the signal's reason if it is aborted */
  readonly add: (part: WhyPart) => void
}

type WhyExplanations = Pick<Explanations, 'attribution' | 'lensOf' | 'contextCurves' | 'knockout'>

/** The token, and the one that it is contrasted with. */
type TokenIds = readonly [number, ...number[]]

/** Computes what the answer lacks, the fastest part first. */
export async function completeWhy(
  explanations: WhyExplanations,
  { subject, attribution, layers, context, knockout }: WhyAnswer,
  work: WhyWork,
): Promise<void> {
  const { row, knockedOut, signal, add } = work
  const { tokenId, contrast } = subject
  const tokenIds: TokenIds = contrast.kind === 'token' ? [tokenId, contrast.tokenId] : [tokenId]
  if (attribution === null && row.model.precision === 'fp32') {
    const found = await explanations.attribution({ ...row, tokenId, contrast }, { signal })
    add({ kind: 'attribution', attribution: found })
  }
  if (knockedOut.length > 0 && knockout?.rows.join() !== knockedOut.join())
    add({ kind: 'knockout', knockout: await knockoutOf(explanations, tokenIds, work) })
  if (layers === null) add({ kind: 'layers', layers: await layersOf(explanations, tokenIds, work) })
  if (!isComplete(context, row)) await addContext(explanations, tokenIds, work)
}

async function layersOf(
  explanations: WhyExplanations,
  tokenIds: TokenIds,
  { row, signal }: WhyWork,
): Promise<readonly Float32Array[]> {
  const curves: Float32Array[] = []
  for (const tokenId of tokenIds) {
    const { logProb } = await explanations.lensOf({ ...row, tokenId, topK: 1 }, { signal })
    curves.push(logProb)
  }
  return curves
}

/** Adds the curves again with each further point: all of them take as long as two runs of the whole window. */
async function addContext(
  explanations: WhyExplanations,
  tokenIds: TokenIds,
  { row, signal, add }: WhyWork,
): Promise<void> {
  let context: readonly (readonly ContextPoint[])[] = tokenIds.map(() => [])
  await explanations.contextCurves(
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

async function knockoutOf(
  explanations: WhyExplanations,
  scoredIds: TokenIds,
  { row, knockedOut, signal }: WhyWork,
): Promise<Knockout> {
  // The last row of the window is that of the token before the predicted one.
  const first = row.token - row.inputIds.length
  const { distribution, logProbs } = await explanations.knockout(
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

/** Whether the curves reach all tokens of the window. */
function isComplete(context: WhyAnswer['context'], { inputIds, startToken }: WindowRow): boolean {
  return context?.[0]?.at(-1)?.tokens === inputIds.length - Number(startToken)
}
