// Buffers of rows of C floats that grow at the end. C = nEmbd

import { type Tensor, tensor } from './tensor'

export interface RowBuffer {
  /** Bytes in use, including unused capacity. */
  readonly byteLength: number
  /** The first rows, [length, C], without a copy: valid until the next `write` or `drop`. */
  prefix(length: number): Tensor
  /** A copy of the rows [from, to), [to − from, C], which the caller disposes of. */
  copy(from: number, to: number): Tensor
  /**
   * Overwrites rows starting at `at` and drops all rows after them.
   * @param capacity the buffer grows to at least this many rows
   */
  write(at: number, rows: Tensor, capacity: number): void
  /** Frees the memory. */
  drop(): void
}

/** Rows in this thread's heap. */
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
