// S tokens of a step, C = nEmbd, V = tokens of the vocabulary

import { VOCABULARY_SIZE } from '../../model/gpt2/config'
import type { OrtSession } from '../runtime/ortSession'
import { type Tensor, type Tensors, tensor } from '../runtime/tensor'

/** Rows of the model's matrices, each [S, C]. */
export interface EmbeddingRows {
  readonly wte: Float32Array
  readonly wpe: Float32Array
  /** Rows of the LM head's matrix, which is `wte` unless the model has a head of its own. */
  readonly unembedding: Float32Array
}

/** The embedding half of the vocabulary's graph. */
export class Embeddings {
  /** @param session of the vocabulary's graph */
  constructor(
    private readonly nEmbd: number,
    private readonly session: OrtSession,
  ) {}

  /** The `wte` row of each token + the `wpe` row of its position: [S], [S] → [S, C]. */
  async rows(tokenIds: Int32Array, positions: Int32Array): Promise<Tensor> {
    const { x } = await this.session.run(this.feeds(tokenIds, positions), ['x'])
    return x
  }

  /** The rows of these tokens and positions in the matrices, of a model in fp32: [S], [S] → [S, C] each. */
  async matrixRows(tokenIds: Int32Array, positions: Int32Array): Promise<EmbeddingRows> {
    const names = ['wte', 'wpe', 'unembedding'] as const
    const { wte, wpe, unembedding } = await this.session.run(this.feeds(tokenIds, positions), names)
    const floats = ({ data }: Tensor) => data as Float32Array
    return { wte: floats(wte), wpe: floats(wpe), unembedding: floats(unembedding) }
  }

  /** The rows of these tokens in the LM head's matrix, of a model in fp32: [S] → [S, C]. */
  async unembeddingRows(tokenIds: Int32Array): Promise<Float32Array> {
    const feeds = this.feeds(tokenIds, new Int32Array(tokenIds.length))
    const { unembedding } = await this.session.run(feeds, ['unembedding'])
    return unembedding.data as Float32Array
  }

  private feeds(tokenIds: Int32Array, positions: Int32Array): Tensors {
    const S = tokenIds.length
    return {
      tokenIds: tensor.int32(tokenIds, [S]),
      positions: tensor.int32(positions, [S]),
      hasRows: tensor.bool(false),
      residual: tensor.float32(new Float32Array(0), [0, this.nEmbd]),
      target: tensor.int32(new Int32Array(0), [0, 1]),
      places: tensor.int32(new Int32Array(0), [0]),
      inverseTemperature: tensor.float32(new Float32Array(0), [0]),
      hasBaseline: tensor.bool(false),
      baseline: tensor.float32(new Float32Array(0), [0, VOCABULARY_SIZE]),
      groups: tensor.int64([]),
      hasJensenShannon: tensor.bool(false),
    }
  }
}
