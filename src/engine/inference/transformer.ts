// S tokens of this step, P cached tokens before them, Z rows of padding, C = nEmbd

import type { Checkpoint } from '../../model/gpt2/checkpoint'
import { transformerGraph } from '../../model/graphs/gpt2Graphs'
import { NonFiniteLogitsError } from '../../shared/errors'
import type { Precision } from '../../shared/contracts/prediction'
import { elementAt } from '../../shared/elementAt'
import type { Embeddings } from './embeddings'
import { disposeRows, type NewRows } from '../cache/prefixCache'
import { OrtSession } from '../runtime/ortSession'
import type { Runtime } from '../runtime/runtime'
import { type Tensor, type Tensors, tensor } from '../runtime/tensor'

/** Finite, because WGSL may assume that no value is infinite, and 0 · ∞ is NaN. */
const MASKED = -1e9
/**
 * Keys and values are padded with rows of zeros to a multiple of this. ONNX Runtime sums this many terms at a time and
 * the rest in another order, but a row must give the same sums in steps of any size: in int8 the last bit of a float
 * can decide to which integer a value is rounded.
 */
const PADDING_MULTIPLE = 4

/**
 * ONNX Runtime multiplies a single row by other code, which sums in another order. In fp32 that is a difference of 1e-5; in
 * int8 it decides to which integer a value is rounded, so a row is run with a repetition of itself.
 */
const MIN_STEP_ROWS: Record<Precision, number> = { fp32: 1, int8: 2 }

/** Rows of P cached tokens, by layer, [P, C] each. */
interface CachedRows {
  readonly length: number
  readonly keys: readonly Tensor[]
  readonly values: readonly Tensor[]
}

/** All blocks of the model: tokens in, residual stream before `ln_f` out. */
export class Transformer {
  /** Output names by block. A magnitude is finite if and only if the block's output is. */
  private readonly magnitudes: string[]
  private readonly lastMagnitude: string
  private readonly outputNames: string[]

  private constructor(
    private readonly checkpoint: Checkpoint,
    private readonly session: OrtSession,
    private readonly embeddings: Embeddings,
  ) {
    this.magnitudes = this.perLayer((i) => `magnitude.${i}`)
    this.lastMagnitude = elementAt(this.magnitudes, this.magnitudes.length - 1)
    this.outputNames = [
      'residual',
      this.lastMagnitude,
      ...this.byLayer('present', 'key'),
      ...this.byLayer('present', 'value'),
    ]
  }

  static async load(checkpoint: Checkpoint, embeddings: Embeddings, runtime: Runtime): Promise<Transformer> {
    const session = await OrtSession.create(transformerGraph(checkpoint), checkpoint, runtime)
    return new Transformer(checkpoint, session, embeddings)
  }

  /**
   * Runs the tokens [S] that follow P cached ones.
   * @throws NonFiniteLogitsError if the residual stream is not finite
   */
  async run(tokenIds: Int32Array, past: CachedRows): Promise<NewRows> {
    const minRows = MIN_STEP_ROWS[this.checkpoint.precision]
    if (tokenIds.length >= minRows) return this.runRows(tokenIds, past)
    // Causal attention: what follows a row does not change it.
    const repeated = new Int32Array(minRows).fill(elementAt(tokenIds, tokenIds.length - 1))
    repeated.set(tokenIds)
    const rows = await this.runRows(repeated, past)
    const first = (all: Tensor) => firstRows(all, tokenIds.length)
    return {
      residual: first(rows.residual),
      keys: rows.keys.map(first),
      values: rows.values.map(first),
    }
  }

  private async runRows(tokenIds: Int32Array, past: CachedRows): Promise<NewRows> {
    const { nEmbd, nPositions } = this.checkpoint.config
    const S = tokenIds.length
    const P = past.length
    const Z = (PADDING_MULTIPLE - ((P + S) % PADDING_MULTIPLE)) % PADDING_MULTIPLE
    const positions = Int32Array.from(tokenIds, (_, s) => Math.min(P + s, nPositions - 1))
    const x = await this.embeddings.rows(tokenIds, positions)
    const feeds: Tensors = {
      x,
      mask: tensor.float32(causalMask(S, P, Z), [S, P + S + Z]),
      padding: tensor.float32(new Float32Array(Z * nEmbd), [Z, nEmbd]),
    }
    this.byLayer('past', 'key').forEach((name, i) => (feeds[name] = elementAt(past.keys, i)))
    this.byLayer('past', 'value').forEach((name, i) => (feeds[name] = elementAt(past.values, i)))
    try {
      const outputs = await this.session.run(feeds, this.outputNames)
      const newRows: NewRows = {
        residual: outputNamed(outputs, 'residual'),
        keys: this.byLayer('present', 'key').map((name) => outputNamed(outputs, name)),
        values: this.byLayer('present', 'value').map((name) => outputNamed(outputs, name)),
      }
      if (isFinite(outputNamed(outputs, this.lastMagnitude))) return newRows
      disposeRows(newRows)
      throw await this.notFinite(feeds)
    } finally {
      x.dispose()
    }
  }

  /** Runs the step again with the magnitude of every block, to name the first damaged one. */
  private async notFinite(feeds: Tensors): Promise<NonFiniteLogitsError> {
    const outputs = await this.session.run(feeds, this.magnitudes)
    const block = this.magnitudes.findIndex((name) => !isFinite(outputNamed(outputs, name)))
    return new NonFiniteLogitsError(
      `The output is not a finite number from block ${block} onward: the model’s weights are damaged, or its training diverged.`,
    )
  }

  private byLayer(kind: 'past' | 'present', part: 'key' | 'value'): string[] {
    return this.perLayer((i) => `${kind}.${i}.${part}`)
  }

  private perLayer(name: (i: number) => string): string[] {
    return Array.from({ length: this.checkpoint.config.nLayer }, (_, i) => name(i))
  }
}

function outputNamed(outputs: Tensors, name: string): Tensor {
  const output = outputs[name]
  if (output === undefined) throw new Error(`the graph has no output ${name}`)
  return output
}

/** The first rows [count, C] of a tensor in the heap, without a copy. */
function firstRows({ data, dims }: Tensor, count: number): Tensor {
  const nEmbd = elementAt(dims, 1)
  return tensor.float32((data as Float32Array).subarray(0, count * nEmbd), [count, nEmbd])
}

function isFinite(magnitude: Tensor): boolean {
  return (magnitude.data as Float32Array).every(Number.isFinite)
}

/** [S, T], T = P + S + Z: the token at P + s attends to the tokens up to itself. */
function causalMask(S: number, P: number, Z: number): Float32Array {
  const T = P + S + Z
  const mask = new Float32Array(S * T)
  for (let s = 0; s < S; s++) mask.fill(MASKED, s * T + P + s + 1, (s + 1) * T)
  return mask
}
