import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { elementAt } from '../../../../src/shared/elementAt'
import { sampleDistribution, SortedLogits } from '../../../../src/shared/numbers/sampling'
import {
  NEUTRAL_SAMPLING,
  type SamplingSettings,
} from '../../../../src/shared/contracts/engine/samplingSettings'

// ── the logits processors of transformers, line by line, on plain arrays (batch of one, min_tokens_to_keep = 1)

type Warper = (scores: readonly number[]) => number[]

/** `TemperatureLogitsWarper` */
const temperatureWarper =
  (temperature: number): Warper =>
  (scores) =>
    scores.map((score) => score / temperature)

/** `TopKLogitsWarper`: `indices_to_remove = scores < torch.topk(scores, top_k)[0][..., -1, None]` */
const topKWarper =
  (topK: number): Warper =>
  (scores) => {
    const k = Math.min(topK, scores.length)
    const kth = elementAt(
      [...scores].sort((a, b) => b - a),
      k - 1,
    )
    return scores.map((score) => (score < kth ? -Infinity : score))
  }

/** `TopPLogitsWarper`: ascending sort, `sorted_indices_to_remove = cumulative_probs <= (1 - top_p)`, the last one stays */
const topPWarper =
  (topP: number): Warper =>
  (scores) => {
    const sortedIndices = scores.map((_, i) => i).sort((a, b) => elementAt(scores, a) - elementAt(scores, b))
    const probabilities = softmax(sortedIndices.map((i) => elementAt(scores, i)))
    let cumulative = 0
    const removed = new Set<number>()
    sortedIndices.forEach((index, place) => {
      cumulative += elementAt(probabilities, place)
      if (cumulative <= 1 - topP && place < sortedIndices.length - 1) removed.add(index)
    })
    return scores.map((score, i) => (removed.has(i) ? -Infinity : score))
  }

/** `MinPLogitsWarper`: `tokens_to_remove = probs < min_p * top_probs` */
const minPWarper =
  (minP: number): Warper =>
  (scores) => {
    const probabilities = softmax(scores)
    const threshold = minP * Math.max(...probabilities)
    const kept = scores.map((score, i) => (elementAt(probabilities, i) < threshold ? -Infinity : score))
    return kept.every((score) => score === -Infinity)
      ? scores.map((s) => (s === Math.max(...scores) ? s : -Infinity))
      : kept
  }

function softmax(scores: readonly number[]): number[] {
  const largest = Math.max(...scores)
  const weights = scores.map((score) => Math.exp(score - largest))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => weight / total)
}

/** The order of `_get_logits_processor`. */
function huggingFace(logits: Float32Array, { temperature, topK, topP, minP }: SamplingSettings): number[] {
  const warpers: Warper[] = []
  if (temperature !== 1) warpers.push(temperatureWarper(temperature))
  if (topK > 0) warpers.push(topKWarper(topK))
  if (topP < 1) warpers.push(topPWarper(topP))
  if (minP > 0) warpers.push(minPWarper(minP))
  return softmax(warpers.reduce((scores, warp) => warp(scores), [...logits]))
}

// ── inputs

/** Few distinct values, so that ties are common, or finer values that differ by more than the rounding error. */
const logitsArbitrary = fc.oneof(
  fc.array(fc.integer({ min: -8, max: 8 }), { minLength: 1, maxLength: 60 }),
  fc.array(
    fc.integer({ min: -20_480, max: 20_480 }).map((n) => n / 1024),
    { minLength: 1, maxLength: 60 },
  ),
)
const settingsArbitrary: fc.Arbitrary<SamplingSettings> = fc.record({
  temperature: fc.constantFrom(1, 0.5, 0.7, 1.3, 2),
  topK: fc.constantFrom(0, 1, 3, 10, 1000),
  topP: fc.constantFrom(1, 0, 0.1, 0.5, 0.9, 0.95, 0.999),
  minP: fc.constantFrom(0, 0.01, 0.05, 0.3, 1),
})

function sampled(logits: Float32Array, settings: SamplingSettings): number[] {
  const { probabilityOf } = sampleDistribution(new SortedLogits(logits), settings)
  return Array.from(logits, (_, id) => probabilityOf(id))
}

describe('sampleDistribution', () => {
  it('gives the same probabilities as the processors of transformers in their order', () => {
    fc.assert(
      fc.property(logitsArbitrary, settingsArbitrary, (values, settings) => {
        const logits = Float32Array.from(values)
        const expected = huggingFace(logits, settings)
        sampled(logits, settings).forEach((probability, id) => {
          expect(probability).toBeCloseTo(elementAt(expected, id), 9)
          expect(probability === 0).toBe(expected[id] === 0)
        })
      }),
      { numRuns: 2000 },
    )
  })

  it('keeps all tokens that tie with the k-th token', () => {
    expect(sampled(Float32Array.of(1, 2, 2, 3), { ...NEUTRAL_SAMPLING, topK: 2 }).map((p) => p > 0)).toEqual([
      false,
      true,
      true,
      true,
    ])
  })

  it('gives all probability to the most likely token with the lowest id at temperature 0', () => {
    const row = new SortedLogits(Float32Array.of(1, 3, 3, 2))
    const { kept, probabilityOf } = sampleDistribution(row, { ...NEUTRAL_SAMPLING, temperature: 0, topK: 3 })
    expect(kept).toBe(1)
    expect([0, 1, 2, 3].map(probabilityOf)).toEqual([0, 1, 0, 0])
  })

  it('reports for each processor the kept tokens and the removed share', () => {
    const logits = Float32Array.from([0.5, 0.25, 0.125, 0.0625, 0.0625], Math.log)
    const { steps } = sampleDistribution(new SortedLogits(logits), {
      ...NEUTRAL_SAMPLING,
      topK: 3,
      minP: 0.4,
    })
    expect(steps.map(({ processor, kept }) => [processor, kept])).toEqual([
      ['topK', 3],
      ['minP', 2],
    ])
    expect(steps[0]?.cut).toBeCloseTo(0.125, 6)
    expect(steps[1]?.cut).toBeCloseTo(0.125 / 0.875, 6)
  })

  it('keeps all tokens if no processor is active', () => {
    const { kept, steps } = sampleDistribution(new SortedLogits(Float32Array.of(1, 2, 3)), NEUTRAL_SAMPLING)
    expect([kept, steps]).toEqual([3, []])
  })
})

describe('SampledDistribution.tokenAt', () => {
  it('draws each token with its probability and no removed token', () => {
    fc.assert(
      fc.property(logitsArbitrary, settingsArbitrary, (values, settings) => {
        const row = new SortedLogits(Float32Array.from(values))
        const { probabilityOf, tokenAt } = sampleDistribution(row, settings)
        const POINTS = 1_000
        const counts = new Map<number, number>()
        for (let i = 0; i < POINTS; i++) {
          const tokenId = tokenAt((i + 0.5) / POINTS)
          counts.set(tokenId, (counts.get(tokenId) ?? 0) + 1)
        }
        values.forEach((_, id) => {
          const share = (counts.get(id) ?? 0) / POINTS
          expect(Math.abs(share - probabilityOf(id))).toBeLessThan(1.5 / POINTS)
        })
      }),
    )
  })

  it('draws a kept token at the last point', () => {
    const settings = { ...NEUTRAL_SAMPLING, topK: 2 }
    const { tokenAt } = sampleDistribution(new SortedLogits(Float32Array.of(3, 1, 2)), settings)
    expect([tokenAt(0), tokenAt(1 - 2 ** -32)]).toEqual([0, 2])
  })

  it('always draws the most likely token at temperature 0', () => {
    const settings = { ...NEUTRAL_SAMPLING, temperature: 0 }
    const { tokenAt } = sampleDistribution(new SortedLogits(Float32Array.of(1, 3, 3)), settings)
    expect([0, 0.5, 0.999].map(tokenAt)).toEqual([1, 1, 1])
  })
})

describe('SortedLogits', () => {
  it('sorts floats of both signs, zeros and ties like a stable sort', () => {
    const numbers = fc.oneof(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(0, -0, 1))
    fc.assert(
      fc.property(fc.array(numbers, { minLength: 1 }), (values) => {
        const logits = Float32Array.from(values)
        const expected = [...logits.keys()].sort((a, b) => elementAt(logits, a) - elementAt(logits, b))
        expect([...new SortedLogits(logits).ascending]).toEqual(expected)
      }),
    )
  })

  it('lists the most likely tokens first, of equal logits the lower id first', () => {
    const row = new SortedLogits(Float32Array.of(1, 5, 2, 5, 2))
    expect(row.mostLikely(4)).toEqual([1, 3, 2, 4])
  })
})
