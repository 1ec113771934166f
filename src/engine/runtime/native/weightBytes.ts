import type { ExternalWeight } from '../externalWeights'
import type { SessionWeights } from '../runtime'

/** A graph's weights in memory, for a runtime that copies them all at the end of loading. */
export class WeightBytes {
  readonly list: readonly ExternalWeight[]
  private readonly buffers: readonly ArrayBuffer[]

  /** Reads the weights. */
  constructor(checkpoint: SessionWeights, names: readonly string[]) {
    const weights = names.map((path) => {
      const { byteLength } = checkpoint.weight(path)
      // Resizable, so that it can be freed.
      const buffer = new ArrayBuffer(byteLength, { maxByteLength: byteLength })
      const data = new Uint8Array(buffer, 0, byteLength)
      checkpoint.readNow(path, data)
      return { path, data, buffer }
    })
    this.list = weights
    this.buffers = weights.map(({ buffer }) => buffer)
  }

  /** Frees the memory at once: the garbage collector may take long to do it. */
  release(): void {
    for (const buffer of this.buffers) buffer.resize(0)
  }
}
