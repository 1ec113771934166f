// Rows of C floats, one after the other, which grow at their end. C = nEmbd

import { type Tensor, tensor } from './tensor'

export interface RowBuffer {
  /** What they take, capacity included. */
  readonly byteLength: number
  /** [length, C], not copied: the rows as they are until others are written. */
  prefix(length: number): Tensor
  /** [to − from, C] for the caller to dispose of: rows [from, to), whatever is written later. */
  copy(from: number, to: number): Tensor
  /** Writes `rows` from row `at` on, which ends what was kept before; has then at least this capacity, in rows. */
  write(at: number, rows: Tensor, capacity: number): void
  /** Gives the memory back. */
  drop(): void
}

/** In this thread's heap. */
export class HeapRows implements RowBuffer {
  private data = new Float32Array(0)

  constructor(private readonly nEmbd: number) {}

  get byteLength(): number {
    return this.data.byteLength
  }

  prefix(length: number): Tensor {
    return tensor.float32(this.rows(0, length), [length, this.nEmbd])
  }

  copy(from: number, to: number): Tensor {
    return tensor.float32(this.rows(from, to).slice(), [to - from, this.nEmbd])
  }

  write(at: number, rows: Tensor, capacity: number): void {
    if (this.data.length < capacity * this.nEmbd) {
      const larger = new Float32Array(capacity * this.nEmbd)
      larger.set(this.rows(0, at))
      this.data = larger
    }
    this.data.set(rows.data as Float32Array, at * this.nEmbd)
  }

  drop(): void {
    this.data = new Float32Array(0)
  }

  private rows(from: number, to: number): Float32Array {
    return this.data.subarray(from * this.nEmbd, to * this.nEmbd)
  }
}
