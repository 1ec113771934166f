// An engine without a model, for tests of the code that uses the engine.

import { setImmediate } from 'node:timers/promises'
import type { EngineMethods, ScoredRows, ScoreRequest } from '../../../src/shared/contracts/engine/engineApi'
import type { ModelInfo } from '../../../src/shared/contracts/engine/prediction'
import type { RpcHandlers } from '../../../src/shared/rpc'
import { loadTokenizerOnce } from '../engine/engineUnderTest'
import { MINI } from '../texts/samples'

/** Positions of one step; their rows are sent together. */
export const STEP_POSITIONS = 8

/** Small, so that texts of a few words have several windows. */
export const HASH_MODEL: ModelInfo = { ...MINI, id: 'hash', fingerprint: 'hash', nPositions: 16 }

/**
 * Answers with numbers that are a hash of the tokens before each row. As with a real model, equal tokens before a row
 * give equal numbers, and any other token gives other numbers; unlike with a real model, the numbers are exact and
 * take no time. The tokenizer is the real one.
 */
export function hashEngine(model: ModelInfo = HASH_MODEL): RpcHandlers<EngineMethods> {
  return {
    vocabulary: async () => {
      const { vocabulary } = await loadTokenizerOnce()
      return { bytes: vocabulary.bytes, offsets: vocabulary.offsets }
    },
    tokenize: async ({ text }, { signal }) =>
      (await loadTokenizerOnce()).tokenize(text, { signal, turn: () => setImmediate() }),
    model: () => Promise.resolve(model),
    score: async (request, { signal, onProgress }) => {
      const { tokenIds, firstRow } = request
      for (let position = STEP_POSITIONS; position <= firstRow; position += STEP_POSITIONS)
        onProgress({ kind: 'reading', position, firstRow })
      const hashes = prefixHashes(tokenIds)
      for (let from = firstRow; from < hashes.length; from += STEP_POSITIONS) {
        await setImmediate()
        signal.throwIfAborted()
        onProgress({
          kind: 'rows',
          rows: hashedRows(hashes.slice(from, from + STEP_POSITIONS), from, request),
        })
      }
      return { computedPositions: hashes.length }
    },
    generate: () => Promise.reject(new Error('this engine generates nothing')),
    logits: () => Promise.reject(new Error('this engine has no full rows')),
    checkBaseline: () => Promise.reject(new Error('this engine has one model')),
    loadBaseline: () => Promise.reject(new Error('this engine has one model')),
    compare: () => Promise.reject(new Error('this engine has one model')),
    releaseBaseline: () => Promise.resolve(undefined),
    lens: () => Promise.reject(new Error('this engine has no layers')),
    attribution: () => Promise.reject(new Error('this engine has no layers')),
  }
}

function hashedRows(
  hashes: readonly number[],
  firstRow: number,
  { firstRow: start, targets, topK }: ScoreRequest,
): ScoredRows {
  const ranks = Array.from({ length: topK }, (_, k) => k)
  return {
    firstRow,
    logSumExp: Float64Array.from(hashes, (hash) => 20 + unit(hash, 1)),
    entropy: Float32Array.from(hashes, (hash) => 5 * unit(hash, 2)),
    targetLogit: Float32Array.from(
      hashes,
      (hash, i) => 20 * unit(hash, targets[firstRow - start + i] ?? NaN),
    ),
    targetRank: Int32Array.from(hashes, (hash) => 1 + (hash % 50_000)),
    topIds: Int32Array.from(hashes.flatMap((hash) => ranks.map((k) => (hash + k) % 50_000))),
    topLogits: Float32Array.from(hashes.flatMap((hash) => ranks.map((k) => 20 - k - unit(hash, 3)))),
  }
}

/** [S] A hash of the first r + 1 tokens for each row r. */
function prefixHashes(tokenIds: Int32Array): number[] {
  let hash = 0
  return Array.from(tokenIds, (tokenId) => (hash = mix(hash, tokenId + 1)))
}

/** 0 to 1. */
function unit(hash: number, salt: number): number {
  return mix(hash, salt) / 2 ** 32
}

function mix(hash: number, value: number): number {
  const mixed = Math.imul(hash ^ value, 0x9e3779b1)
  return (mixed ^ (mixed >>> 15)) >>> 0
}
