// S tokens of this chunk, P tokens kept from before, C = nEmbd

import type { Checkpoint } from '../../model/gpt2/checkpoint'
import { transformerGraph } from '../../model/graphs/gpt2Graphs'
import { NonFiniteLogitsError } from '../../shared/errors'
import type { Embeddings } from './embeddings'
import { disposeRows, type NewRows } from '../cache/prefixCache'
import { OrtSession } from '../runtime/ortSession'
import type { Runtime } from '../runtime/runtime'
import { type Tensor, type Tensors, tensor } from '../runtime/tensor'

/** Masks stay finite: WGSL may assume that there are no infinities, and 0 · ∞ is NaN. */
const MASKED = -1e9
/**
 * Keys and values are filled up with rows of zeros to a multiple of this: ONNX Runtime adds so many at a time and
 * the rest in another order, and a row must have the same sums whatever chunk it comes in. Where rows are rounded
 * to int8, the last bit of a float can be a step.
 */
const ADDED_AT_A_TIME = 4

/** Everything below `ln_f`: tokens in, residual stream out. */
export class Transformer {
  private readonly magnitudes: string[]
  private readonly outputNames: string[]

  private constructor(
    private readonly checkpoint: Checkpoint,
    private readonly session: OrtSession,
    private readonly embeddings: Embeddings,
  ) {
    this.magnitudes = this.perLayer((i) => `magnitude.${i}`)
    this.outputNames = [
      'residual',
      this.magnitudes[this.magnitudes.length - 1],
      ...this.byLayer('present', 'key'),
      ...this.byLayer('present', 'value'),
    ]
  }

  static async load(checkpoint: Checkpoint, embeddings: Embeddings, runtime: Runtime): Promise<Transformer> {
    const session = await OrtSession.create(transformerGraph(checkpoint), checkpoint, runtime)
    return new Transformer(checkpoint, session, embeddings)
  }

  /**
   * Runs the tokens [S] that follow P kept ones.
   * @param past by layer, [P, C] each
   * @throws NonFiniteLogitsError where the stream is not a number
   */
  async run(
    tokenIds: Int32Array,
    past: {
      readonly length: number
      readonly keys: readonly Tensor[]
      readonly values: readonly Tensor[]
    },
  ): Promise<NewRows> {
    const { nEmbd } = this.checkpoint.config
    const S = tokenIds.length
    const P = past.length
    const Z = (ADDED_AT_A_TIME - ((P + S) % ADDED_AT_A_TIME)) % ADDED_AT_A_TIME
    const x = await this.embeddings.rows(tokenIds, P)
    const feeds: Tensors = {
      x,
      mask: tensor.float32(causalMask(S, P, Z), [S, P + S + Z]),
      padding: tensor.float32(new Float32Array(Z * nEmbd), [Z, nEmbd]),
    }
    this.byLayer('past', 'key').forEach((name, i) => (feeds[name] = past.keys[i]))
    this.byLayer('past', 'value').forEach((name, i) => (feeds[name] = past.values[i]))
    try {
      const outputs = await this.session.run(feeds, this.outputNames)
      const newRows: NewRows = {
        residual: outputs.residual,
        keys: this.byLayer('present', 'key').map((name) => outputs[name]),
        values: this.byLayer('present', 'value').map((name) => outputs[name]),
      }
      if (isFinite(outputs[this.magnitudes[this.magnitudes.length - 1]])) return newRows
      disposeRows(newRows)
      throw await this.notANumber(feeds)
    } finally {
      x.dispose()
    }
  }

  /** Runs once more and looks after every block, to name the first that is damaged. */
  private async notANumber(feeds: Tensors): Promise<NonFiniteLogitsError> {
    const outputs = await this.session.run(feeds, this.magnitudes)
    const block = this.magnitudes.findIndex((name) => !isFinite(outputs[name]))
    return new NonFiniteLogitsError(
      `The output is not a number from block ${block} on: the model’s weights are damaged, or it was not trained to the end.`,
    )
  }

  private byLayer(kind: 'past' | 'present', part: 'key' | 'value'): string[] {
    return this.perLayer((i) => `${kind}.${i}.${part}`)
  }

  private perLayer(name: (i: number) => string): string[] {
    return Array.from({ length: this.checkpoint.config.nLayer }, (_, i) => name(i))
  }
}

function isFinite(magnitude: Tensor): boolean {
  return (magnitude.data as Float32Array).every(Number.isFinite)
}

/** [S, T], T = P + S + Z: the token at P + s sees those up to itself. */
function causalMask(S: number, P: number, Z: number): Float32Array {
  const T = P + S + Z
  const mask = new Float32Array(S * T)
  for (let s = 0; s < S; s++) mask.fill(MASKED, s * T + P + s + 1, (s + 1) * T)
  return mask
}
