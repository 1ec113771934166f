import { describe, expect, it } from 'vitest'
import type { LensRow } from '../../../../src/shared/contracts/engine/explanation'
import { mostLikelyAt, predictionDepth } from '../../../../src/shared/numbers/lens'

/** A row that lists these tokens at each layer. */
function rowOf(layers: readonly (readonly number[])[]): LensRow {
  const zeros = new Float32Array(layers.length)
  return {
    logitsRow: 0,
    logProb: zeros,
    rank: new Int32Array(layers.length),
    entropy: zeros,
    kl: zeros,
    topIds: Int32Array.from(layers.flat()),
    topLogProbs: Float32Array.from(layers.flat(), (id) => -id),
  }
}

describe('the prediction depth', () => {
  it.each([
    { tops: [7, 7, 7], depth: 0 },
    { tops: [1, 7, 7], depth: 1 },
    { tops: [7, 1, 7], depth: 2 },
    { tops: [1, 2, 3], depth: 2 },
  ])('of the most likely tokens $tops is $depth', ({ tops, depth }) => {
    expect(predictionDepth(rowOf(tops.map((top) => [top, 99])))).toBe(depth)
  })
})

it('the most likely tokens of a layer are those of its columns', () => {
  const row = rowOf([
    [1, 2, 3],
    [4, 5, 6],
  ])
  expect(mostLikelyAt(row, 1, 2)).toEqual([
    { tokenId: 4, logProb: -4 },
    { tokenId: 5, logProb: -5 },
  ])
  expect(mostLikelyAt(row, 0, 9)).toHaveLength(3)
})
