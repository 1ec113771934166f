// The budget follows from the model's windows, not from a setting: the user cannot know what to set. 1,000 texts fill
// the cache of any budget, so it is also the growth of the process on a long day.

import type { CacheBudget, CacheShape } from './prefixCache'

/**
 * Windows whose keys and values stay cached. A screen of text takes about four windows of the embedded model, so there
 * is room for two documents in view and for the copies that typing and completions make of each.
 */
const KEY_VALUE_WINDOWS = 16
/** For large models: four windows of gpt2. */
const MAX_KEY_VALUE_BYTES = 320 * 1024 * 1024
/** Two requests that take turns must both find their cached rows, or neither would ever finish. */
const MIN_KEY_VALUE_WINDOWS = 2
/** Windows whose residual rows stay cached, 16,000 tokens of text: rows that the panel shows need only the LM head again. */
const RESIDUAL_WINDOWS = 64
/** For large models: 21,000 positions of gpt2. */
const MAX_RESIDUAL_BYTES = 64 * 1024 * 1024

/** Windows whose streams stay cached: the rows that a lens has shown need only the LM head again. */
const STREAM_WINDOWS = 8
/** For large models: 1,800 positions of gpt2. */
const MAX_STREAM_BYTES = 64 * 1024 * 1024

/** The most bytes of streams that are cached: 19 MB for the embedded model. */
export function streamBudgetOf({ nLayer, nEmbd, nPositions }: CacheShape): number {
  const bytesOfWindow = nPositions * nLayer * nEmbd * Float32Array.BYTES_PER_ELEMENT
  return Math.min(STREAM_WINDOWS * bytesOfWindow, MAX_STREAM_BYTES)
}

/** The most bytes that the cache of a model holds: 101 MB for the embedded model, 403 MB for gpt2. */
export function cacheBudgetOf({ nLayer, nEmbd, nPositions }: CacheShape): CacheBudget {
  const residualBytesOfWindow = nPositions * nEmbd * Float32Array.BYTES_PER_ELEMENT
  const keyValueBytesOfWindow = 2 * nLayer * residualBytesOfWindow
  return {
    keyValueBytes: Math.max(
      Math.min(KEY_VALUE_WINDOWS * keyValueBytesOfWindow, MAX_KEY_VALUE_BYTES),
      MIN_KEY_VALUE_WINDOWS * keyValueBytesOfWindow,
    ),
    residualBytes: Math.min(RESIDUAL_WINDOWS * residualBytesOfWindow, MAX_RESIDUAL_BYTES),
  }
}
