/**
 * Blocks of decoded rows of a file's arrays. The least recently used blocks are dropped, so that the memory of a file is
 * bounded for files of any size.
 */
export class RowBlocks {
  /** In the order of use. */
  private readonly blocks = new Map<
    string,
    { readonly bytes: number; readonly rows: Promise<Float32Array> }
  >()
  private bytes = 0

  constructor(private readonly maxBytes = MAX_CACHED_BYTES) {}

  /** The block of this key; `load` is called if it is not held. The newest block is kept even if it is too large. */
  get(key: string, bytes: number, load: () => Promise<Float32Array>): Promise<Float32Array> {
    const held = this.blocks.get(key)
    if (held !== undefined) {
      this.blocks.delete(key)
      this.blocks.set(key, held)
      return held.rows
    }
    const rows = load()
    this.blocks.set(key, { bytes, rows })
    this.bytes += bytes
    for (const oldest of this.blocks.keys()) {
      if (this.bytes <= this.maxBytes || oldest === key) break
      this.drop(oldest)
    }
    // A block that could not be read is read again by the next call.
    rows.catch(() => {
      if (this.blocks.get(key)?.rows === rows) this.drop(key)
    })
    return rows
  }

  private drop(key: string): void {
    this.bytes -= this.blocks.get(key)?.bytes ?? 0
    this.blocks.delete(key)
  }
}

/** Two blocks of logits. */
const MAX_CACHED_BYTES = 64 * 1024 ** 2

/** Bytes of one block: 166 rows of logits in float32, so that 1,024 rows take seven passes over a file. */
export const BLOCK_BYTES = 32 * 1024 ** 2
