// S tokens of this chunk, P tokens kept from before, C = nEmbd

import type { Checkpoint } from '../model/checkpoint'
import { transformerGraph } from '../model/gpt2Graphs'
import { NonFiniteLogitsError } from '../shared/errors'
import type { Embeddings } from './embeddings'
import type { NewRows } from './keptSequences'
import { OrtSession, type Tensors, tensor } from './ortSession'

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
  private readonly outputNames: string[]

  private constructor(
    private readonly checkpoint: Checkpoint,
    private readonly session: OrtSession,
    private readonly embeddings: Embeddings,
  ) {
    this.outputNames = ['residual', ...this.byLayer('present', 'key'), ...this.byLayer('present', 'value')]
  }

  static async load(checkpoint: Checkpoint, embeddings: Embeddings): Promise<Transformer> {
    return new Transformer(
      checkpoint,
      await OrtSession.create(transformerGraph(checkpoint), checkpoint),
      embeddings,
    )
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
      readonly keys: readonly Float32Array[]
      readonly values: readonly Float32Array[]
    },
  ): Promise<NewRows> {
    const { nEmbd } = this.checkpoint.config
    const S = tokenIds.length
    const P = past.length
    const Z = (ADDED_AT_A_TIME - ((P + S) % ADDED_AT_A_TIME)) % ADDED_AT_A_TIME
    const feeds: Tensors = {
      x: tensor.float32(await this.embeddings.rows(tokenIds, P), [S, nEmbd]),
      mask: tensor.float32(causalMask(S, P, Z), [S, P + S + Z]),
      padding: tensor.float32(new Float32Array(Z * nEmbd), [Z, nEmbd]),
    }
    this.byLayer('past', 'key').forEach((name, i) => (feeds[name] = tensor.float32(past.keys[i], [P, nEmbd])))
    this.byLayer('past', 'value').forEach(
      (name, i) => (feeds[name] = tensor.float32(past.values[i], [P, nEmbd])),
    )

    const outputs = await this.session.run(feeds, this.outputNames)
    const rows = (name: string) => outputs[name].data as Float32Array
    const newRows: NewRows = {
      residual: rows('residual'),
      keys: this.byLayer('present', 'key').map(rows),
      values: this.byLayer('present', 'value').map(rows),
    }
    if (!newRows.residual.every(Number.isFinite)) throw await this.notANumber(feeds)
    return newRows
  }

  /** Runs once more and looks after every block, to name the first that is damaged. */
  private async notANumber(feeds: Tensors): Promise<NonFiniteLogitsError> {
    const streams = this.perLayer((i) => `stream.${i}`)
    const outputs = await this.session.run(feeds, streams)
    const block = streams.findIndex((name) => !(outputs[name].data as Float32Array).every(Number.isFinite))
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

/** [S, T], T = P + S + Z: the token at P + s sees those up to itself. */
function causalMask(S: number, P: number, Z: number): Float32Array {
  const T = P + S + Z
  const mask = new Float32Array(S * T)
  for (let s = 0; s < S; s++) mask.fill(MASKED, s * T + P + s + 1, (s + 1) * T)
  return mask
}
