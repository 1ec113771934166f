// S tokens of a step, C = nEmbd

import type { OrtSession } from '../runtime/ortSession'
import { type Tensor, tensor } from '../runtime/tensor'

/** The embedding half of the vocabulary's graph. */
export class Embeddings {
  /** @param session of the vocabulary's graph */
  constructor(
    private readonly nEmbd: number,
    private readonly session: OrtSession,
  ) {}

  /** The `wte` row of each token + the `wpe` row of its position: [S], [S] → [S, C]. */
  async rows(tokenIds: Int32Array, positions: Int32Array): Promise<Tensor> {
    const S = tokenIds.length
    const feeds = {
      tokenIds: tensor.int32(tokenIds, [S]),
      positions: tensor.int32(positions, [S]),
      hasRows: tensor.bool(false),
      residual: tensor.float32(new Float32Array(0), [0, this.nEmbd]),
      target: tensor.int32(new Int32Array(0), [0, 1]),
      places: tensor.int32(new Int32Array(0), [0]),
      inverseTemperature: tensor.float32(new Float32Array(0), [0]),
    }
    const { x } = await this.session.run(feeds, ['x'])
    return x
  }
}
