// Why a row predicts a token, part by part. The panel, the CLI and the API all ask here.

import type { Contrast, ContextPoint } from '../../shared/contracts/engine/explanation'
import type { ModelInfo } from '../../shared/contracts/engine/prediction'
import type { Knockout, WhyAnswer, WhyPart } from '../../shared/contracts/panel/why'
import { assertNever } from '../../shared/assertNever'
import { elementAt } from '../../shared/elementAt'
import type { Explanations, ExplainOptions } from './explanations'
import type { WindowRow } from './windowRow'

/** The parts of an answer, and the model that computed them if it is not that of the row. */
export type WhyParts = Pick<WhyAnswer, 'attribution' | 'layers' | 'context' | 'knockout' | 'model'>

export const NOTHING_KNOWN: WhyParts = { attribution: null, layers: null, context: null, knockout: null }

/** Why a row predicts a token. */
export interface RowQuestion {
  readonly row: WindowRow
  /** The token that is explained. */
  readonly tokenId: number
  readonly contrast: Contrast
  /** Rows of the window that no later row attends to, in ascending order; none: no knockout. */
  readonly knockedOut: readonly number[]
  /** The parts that need not be computed. */
  readonly known: WhyParts
  /** The parts to compute. Default: all, except that int8 has no attribution. */
  readonly wanted?: readonly WhyPart['kind'][]
}

export interface WhyListener {
  readonly signal?: AbortSignal | undefined
  /** A further part. The curves over the context come again with each further point. */
  readonly onPart: (part: WhyPart) => void
  /** The row's backend does not answer any more: all parts come again, from this model. */
  readonly onRestart: (model: ModelInfo) => void
}

export type WhyExplanations = Pick<Explanations, 'attribution' | 'lensOf' | 'contextCurves' | 'knockout'>

/**
 * Computes the parts that are not known, the fastest first. All parts of an answer are from one backend: if another one has to
 * continue, it computes all of them.
 * @throws AttributionNeedsFp32Error if the attribution is wanted in int8, and what the methods of `Explanations` throw
 */
export async function answerWhy(
  explanations: WhyExplanations,
  question: RowQuestion,
  listener: WhyListener,
): Promise<void> {
  const { row, known } = question
  let asked = { ...question, row: { ...row, model: known.model ?? row.model } }
  for (;;) {
    const { continuedBy } = await new WhyWork(explanations, asked, listener).complete()
    if (continuedBy === undefined) return
    listener.signal?.throwIfAborted()
    listener.onRestart(continuedBy)
    asked = { ...asked, row: { ...row, model: continuedBy }, known: NOTHING_KNOWN }
  }
}

/** The token, and the one that it is contrasted with. */
type TokenIds = readonly [number, ...number[]]

/** The work on an answer until another backend has to continue it. */
class WhyWork {
  /** The model of the backend that answered in place of the row's. */
  continuedBy: ModelInfo | undefined
  private readonly tokenIds: TokenIds
  private readonly options: ExplainOptions

  constructor(
    private readonly explanations: WhyExplanations,
    private readonly question: RowQuestion,
    private readonly listener: WhyListener,
  ) {
    const { tokenId, contrast } = question
    this.tokenIds = contrast.kind === 'token' ? [tokenId, contrast.tokenId] : [tokenId]
    this.options = {
      signal: listener.signal,
      onContinued: (model) => {
        this.continuedBy = model
      },
    }
  }

  async complete(): Promise<this> {
    const { wanted = wantedIn(this.question.row) } = this.question
    for (const kind of FASTEST_FIRST) {
      if (!wanted.includes(kind) || this.isKnown(kind)) continue
      await this.compute(kind)
      if (this.continuedBy !== undefined) break
    }
    return this
  }

  private isKnown(kind: WhyPart['kind']): boolean {
    const { row, known, knockedOut } = this.question
    switch (kind) {
      case 'attribution':
      case 'layers':
        return known[kind] !== null
      case 'knockout':
        return knockedOut.length === 0 || known.knockout?.rows.join() === knockedOut.join()
      case 'context':
        // Whether the curves reach all tokens of the window.
        return known.context?.[0]?.at(-1)?.tokens === row.inputIds.length - Number(row.startToken)
      default:
        return assertNever(kind)
    }
  }

  private async compute(kind: WhyPart['kind']): Promise<void> {
    const { row, tokenId, contrast } = this.question
    switch (kind) {
      case 'attribution': {
        const attribution = await this.explanations.attribution({ ...row, tokenId, contrast }, this.options)
        this.add({ kind, attribution })
        break
      }
      case 'knockout':
        this.add({ kind, knockout: await this.knockout() })
        break
      case 'layers':
        this.add({ kind, layers: await this.layers() })
        break
      case 'context':
        await this.addContext()
        break
      default:
        assertNever(kind)
    }
  }

  private add(part: WhyPart): void {
    if (this.continuedBy === undefined) this.listener.onPart(part)
  }

  private async layers(): Promise<readonly Float32Array[]> {
    const curves: Float32Array[] = []
    for (const tokenId of this.tokenIds) {
      const { logProb } = await this.explanations.lensOf(
        { ...this.question.row, tokenId, topK: 1 },
        this.options,
      )
      curves.push(logProb)
    }
    return curves
  }

  /** Adds the curves again with each further point: all of them take as long as two runs of the whole window. */
  private async addContext(): Promise<void> {
    let context: readonly (readonly ContextPoint[])[] = this.tokenIds.map(() => [])
    await this.explanations.contextCurves(
      { ...this.question.row, scoredIds: this.tokenIds },
      {
        ...this.options,
        onPoints: (points) => {
          context = context.map((curve, i) => [...curve, elementAt(points, i)])
          this.add({ kind: 'context', context })
        },
      },
    )
  }

  private async knockout(): Promise<Knockout> {
    const { row, knockedOut } = this.question
    // The last row of the window is that of the token before the predicted one.
    const first = row.token - row.inputIds.length
    const { distribution, logProbs } = await this.explanations.knockout(
      {
        ...row,
        scoredIds: this.tokenIds,
        knockedOut: knockedOut.map((j) => (j === 0 && row.startToken ? 'startToken' : first + j)),
      },
      this.options,
    )
    const { tokenId, logProb } = elementAt([...distribution.top], 0)
    return { rows: knockedOut, logProbs, top: { tokenId, logProb } }
  }
}

const FASTEST_FIRST = ['attribution', 'knockout', 'layers', 'context'] as const satisfies WhyPart['kind'][]

function wantedIn({ model }: WindowRow): readonly WhyPart['kind'][] {
  return model.precision === 'fp32' ? FASTEST_FIRST : FASTEST_FIRST.filter((kind) => kind !== 'attribution')
}
