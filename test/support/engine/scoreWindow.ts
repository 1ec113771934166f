import type { ScoreRequest } from '../../../src/shared/contracts/engine/engineApi'

/** A whole window of the embedded model, different for each `seed`, so that nothing of it is cached. */
export function scoreWindow(seed: number): ScoreRequest {
  const tokenIds = Int32Array.from({ length: 512 }, (_, i) => (seed * 7919 + i * 13) % 50257)
  return { tokenIds, firstRow: 0, targets: tokenIds, topK: 5, temperature: 1, priority: 'bulk' }
}
