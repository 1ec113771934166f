// Files of logits in memory, and a reference whose rows are known. V = 50257

import { fileInMemory } from '../../../src/files/source/fileSource'
import type { LogitsFile } from '../../../src/files/logits/logitsFile'
import { openLogits } from '../../../src/files/logits/openLogits'
import type { ReferenceInput } from '../../../src/files/representation/representation'
import { concatBytes } from '../../../src/shared/bytes'
import { float32Bytes } from '../checkpoints/checkpointBytes'
import { npyBytes } from './arrayWriters'

export const V = 50257

/** Logits like GPT-2's: about −60 ± 5, with one likely token. The same numbers for the same seed. */
export function logitsRow(seed: number): Float32Array {
  const next = random(seed)
  const row = Float32Array.from({ length: V }, () => -60 + 2.5 * (next() + next() + next() + next() - 2))
  row[Math.floor(next() * V)] = -45
  return row
}

/** Numbers from 0 to 1, by Mulberry32. */
export function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** An input of `tokens` tokens whose row i is `logitsRow(seed + i)`. */
export function referenceInput(
  tokens: number,
  options: Partial<ReferenceInput> & { seed?: number } = {},
): ReferenceInput {
  const { seed = 1, ...others } = options
  return {
    tokenIds: Int32Array.from({ length: tokens }, (_, i) => i),
    startToken: false,
    row: (row) => Promise.resolve(logitsRow(seed + row)),
    ...others,
  }
}

/** A `.npy` file in float32 with these rows, opened. */
export function savedRows(rows: readonly Float32Array[]): Promise<LogitsFile> {
  const shape = [rows.length, rows[0]?.length ?? 0]
  return openLogits(
    fileInMemory('logits.npy', npyBytes({ shape, data: concatBytes(rows.map(float32Bytes)) })),
  )
}

/** Rounds to bfloat16, to nearest. */
export function toBfloat16(row: Float32Array): Float32Array {
  const bits = Uint32Array.from(new Uint32Array(row.buffer, row.byteOffset, row.length), (word) => {
    const rounded = word + 0x7fff + ((word >>> 16) & 1)
    return (rounded >>> 16) << 16
  })
  return new Float32Array(bits.buffer)
}

/** Rounds to float16, for normal numbers. */
export function toFloat16(row: Float32Array): Float32Array {
  return row.map((value) => {
    if (value === 0) return 0
    const step = 2 ** Math.max(Math.floor(Math.log2(Math.abs(value))) - 10, -24)
    return Math.round(value / step) * step
  })
}

export function logSoftmax(row: Float32Array): Float32Array {
  let sum = 0
  const max = row.reduce((a, b) => Math.max(a, b), -Infinity)
  for (const value of row) sum += Math.exp(value - max)
  return row.map((value) => value - max - Math.log(sum))
}

export function softmax(row: Float32Array): Float32Array {
  return logSoftmax(row).map(Math.exp)
}

export function centred(row: Float32Array): Float32Array {
  const mean = row.reduce((a, b) => a + b, 0) / row.length
  return row.map((value) => value - mean)
}
