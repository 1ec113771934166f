import { describe, expect, it } from 'vitest'
import { cacheBudgetOf } from '../../../../src/engine/cache/cacheBudget'
import { type CacheShape, PrefixCache } from '../../../../src/engine/cache/prefixCache'
import type { RowBuffer } from '../../../../src/engine/runtime/rowBuffer'
import { rowCount, tensor } from '../../../../src/engine/runtime/tensor'

const MEGABYTE = 1024 * 1024
const EMBEDDED: CacheShape = { nLayer: 6, nEmbd: 192, nPositions: 512 }
const GPT2: CacheShape = { nLayer: 12, nEmbd: 768, nPositions: 1024 }
const GPT2_XL: CacheShape = { nLayer: 48, nEmbd: 1600, nPositions: 1024 }

describe('cacheBudgetOf', () => {
  it('keeps the cache of the embedded model within 100 MB after 1,000 short texts', () => {
    const cache = new PrefixCache(EMBEDDED, cacheBudgetOf(EMBEDDED), () => new CountedRows(EMBEDDED.nEmbd))
    for (let first = 0; first < 1000; first++) cacheText(cache, EMBEDDED, first)
    expect(cache.byteLength).toBeLessThanOrEqual(100 * MEGABYTE)
  })

  it('keeps four windows of keys and values of gpt2', () => {
    const { keyValueBytes } = cacheBudgetOf(GPT2)
    expect(Math.floor(keyValueBytes / windowBytes(GPT2))).toBe(4)
  })

  it('has room for two windows of the largest model, so that two requests in turns find their rows', () => {
    expect(cacheBudgetOf(GPT2_XL).keyValueBytes).toBe(2 * windowBytes(GPT2_XL))
  })

  it.each([EMBEDDED, GPT2, GPT2_XL])('keeps at most 64 MB of residual rows of %o', (shape) => {
    expect(cacheBudgetOf(shape).residualBytes).toBeLessThanOrEqual(64 * MEGABYTE)
  })
})

/** Bytes of the keys and values of a full window. */
function windowBytes({ nLayer, nEmbd, nPositions }: CacheShape): number {
  return 2 * nLayer * nPositions * nEmbd * Float32Array.BYTES_PER_ELEMENT
}

/** Caches the rows of a text of one token. */
function cacheText(cache: PrefixCache, { nLayer, nEmbd }: CacheShape, tokenId: number): void {
  const row = tensor.float32(new Float32Array(nEmbd), [1, nEmbd])
  const layers = new Array<typeof row>(nLayer).fill(row)
  cache.append(Int32Array.of(tokenId), 0, { residual: row, keys: layers, values: layers })
}

/** Rows that only count their bytes: a cache of any size then costs no memory. */
class CountedRows implements RowBuffer {
  byteLength = 0

  constructor(private readonly nEmbd: number) {}

  prefix(length: number) {
    return tensor.float32(new Float32Array(length * this.nEmbd), [length, this.nEmbd])
  }

  copy(from: number, to: number) {
    return this.prefix(to - from)
  }

  write(at: number, rows: Parameters<RowBuffer['write']>[1], capacity: number) {
    this.byteLength = Math.max(at + rowCount(rows), capacity) * this.nEmbd * Float32Array.BYTES_PER_ELEMENT
  }

  drop() {
    this.byteLength = 0
  }
}
