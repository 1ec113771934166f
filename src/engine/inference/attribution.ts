// Direct logit attribution: what each component of the residual stream adds to a logit, with the mean and the variance of
// `ln_f` frozen. The model computes in float32; the sums here are in float64.
// S tokens of a window, C = nEmbd, V = tokens of the vocabulary

import { VOCABULARY_SIZE } from '../../model/gpt2/config'
import { assertNever } from '../../shared/assertNever'
import type { AttributionRequest } from '../../shared/contracts/engine/engineApi'
import type { Contrast, Attribution } from '../../shared/contracts/engine/explanation'
import { elementAt } from '../../shared/elementAt'
import { tensor } from '../runtime/tensor'
import type { Embeddings } from './embeddings'
import type { FinalNorm } from './finalNorm'
import type { LmHead } from './lmHead'
import type { CachedRows, Transformer } from './transformer'

/** Rows of the LM head's matrix that are read at a time. */
const ROWS_PER_READ = 2048

interface AttributionModel {
  readonly transformer: Transformer
  readonly lmHead: LmHead
  readonly embeddings: Embeddings
  readonly finalNorm: FinalNorm
}

/** Runs one part of a longer work. */
type RunPart = (part: () => Promise<void>) => Promise<void>

export class DirectAttribution {
  /** [C] The mean row of the LM head's matrix. */
  private meanUnembedding: Float64Array | undefined

  constructor(private readonly model: AttributionModel) {}

  /** Reads what an attribution with this contrast needs, once for each model: for `mean`, all rows of the LM head's matrix. */
  async prepare(contrast: Contrast, runPart: RunPart): Promise<void> {
    if (contrast.kind !== 'mean' || this.meanUnembedding !== undefined) return
    const sum = new Float64Array(this.model.finalNorm.gain.length)
    for (const tokenIds of rangesOf(VOCABULARY_SIZE, ROWS_PER_READ)) {
      await runPart(async () => {
        addRows(sum, await this.model.embeddings.unembeddingRows(tokenIds))
      })
    }
    this.meanUnembedding = sum.map((value) => value / VOCABULARY_SIZE)
  }

  /**
   * Attributes the last token's row in one run of one position, after `prepare`.
   * @param past the rows of the tokens before the last one
   * @throws NonFiniteLogitsError
   */
  async attribute(
    { tokenIds, tokenId, contrast }: AttributionRequest,
    past: CachedRows,
  ): Promise<Attribution> {
    const { transformer, lmHead, finalNorm } = this.model
    const { wte, wpe, unembedding } = await this.rowsOf(tokenIds, tokenId, contrast)
    const gained = unembedding.map((value, c) => value * elementAt(finalNorm.gain, c))
    const mean = meanOf(gained)
    // Centred, which centres the components that it is multiplied with.
    const direction = gained.map((value) => value - mean)

    const lastToken = elementAt(tokenIds, tokenIds.length - 1)
    const parts = await transformer.runAttributed(lastToken, past, Float32Array.from(direction))
    const residual = elementAt(parts.streams, parts.streams.length - 1)
    const sigma = Math.sqrt(varianceOf(residual) + finalNorm.epsilon)
    const valueOf = (component: Float32Array) => dot(direction, component) / sigma
    const streams = parts.streams.map(valueOf)
    const attention = parts.attended.map(valueOf)
    const logits = await lmHead.logits(tensor.float32(residual, [1, residual.length]))
    return {
      total: elementAt(logits, tokenId) - levelOf(logits, contrast),
      wte: valueOf(wte),
      wpe: valueOf(wpe),
      lnF: dot(unembedding, finalNorm.bias),
      attention: Float32Array.from(attention),
      attentionBias: parts.attentionBias.map((value) => value / sigma),
      sources: parts.sources.map((value) => value / sigma),
      // A block adds nothing but its attention and its MLP.
      mlp: Float32Array.from(
        attention,
        (value, i) => elementAt(streams, i + 1) - elementAt(streams, i) - value,
      ),
    }
  }

  /** The embedding of the last token, and the row of the LM head's matrix that is attributed, minus what it is contrasted with. */
  private async rowsOf(tokenIds: Int32Array, tokenId: number, contrast: Contrast) {
    const S = tokenIds.length
    const other = contrast.kind === 'token' ? contrast.tokenId : tokenId
    const rows = await this.model.embeddings.matrixRows(
      Int32Array.of(elementAt(tokenIds, S - 1), tokenId, other),
      Int32Array.of(S - 1, 0, 0),
    )
    const C = rows.wte.length / 3
    const ofToken = Float64Array.from(rows.unembedding.subarray(C, 2 * C))
    const ofOther = this.unembeddingOf(contrast, rows.unembedding.subarray(2 * C))
    return {
      wte: rows.wte.subarray(0, C),
      wpe: rows.wpe.subarray(0, C),
      unembedding: ofOther === undefined ? ofToken : ofToken.map((value, c) => value - elementAt(ofOther, c)),
    }
  }

  private unembeddingOf(contrast: Contrast, ofToken: Float32Array): ArrayLike<number> | undefined {
    switch (contrast.kind) {
      case 'token':
        return ofToken
      case 'mean':
        if (this.meanUnembedding === undefined) throw new Error('the mean row has not been read')
        return this.meanUnembedding
      case 'nothing':
        return undefined
      default:
        return assertNever(contrast)
    }
  }
}

/** The logit that the attributed one is contrasted with. */
function levelOf(logits: Float32Array, contrast: Contrast): number {
  switch (contrast.kind) {
    case 'token':
      return elementAt(logits, contrast.tokenId)
    case 'mean':
      return meanOf(logits)
    case 'nothing':
      return 0
    default:
      return assertNever(contrast)
  }
}

/** The ids from 0 to `end` in ranges of `length`. */
function rangesOf(end: number, length: number): Int32Array[] {
  return Array.from({ length: Math.ceil(end / length) }, (_, i) =>
    Int32Array.from({ length: Math.min(length, end - i * length) }, (_, j) => i * length + j),
  )
}

/** Adds rows [·, C] to a sum [C]. */
function addRows(sum: Float64Array, rows: Float32Array): void {
  const C = sum.length
  for (let row = 0; row < rows.length; row += C)
    for (let c = 0; c < C; c++) sum[c] = (sum[c] ?? NaN) + (rows[row + c] ?? NaN)
}

function meanOf(values: Float32Array | Float64Array): number {
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}

function varianceOf(values: Float32Array): number {
  const mean = meanOf(values)
  let sum = 0
  for (const value of values) sum += (value - mean) ** 2
  return sum / values.length
}

function dot(a: Float64Array, b: Float32Array): number {
  let sum = 0
  for (const [i, value] of a.entries()) sum += value * elementAt(b, i)
  return sum
}
