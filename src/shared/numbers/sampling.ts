// Sampling as Hugging Face's transformers does it, exact over the full vocabulary: temperature, then
// top-k, top-p, min-p (`TemperatureLogitsWarper`, `TopKLogitsWarper`, `TopPLogitsWarper`, `MinPLogitsWarper`).
// V = 50257 tokens. Each processor removes the least likely ones, so what is kept is always
// the end of the ascending order, and a count says all of it.

import type { SamplingSettings } from '../contracts/samplingSettings'

/** What one processor did to what the ones before it had left. */
export interface SamplingStep {
  readonly processor: keyof SamplingSettings
  /** Tokens left after it. */
  readonly kept: number
  /** Share of the probability before it that it removed. */
  readonly cut: number
}

/** The distribution that a generator would draw from. */
export interface SampledDistribution {
  /** Tokens that can still be drawn. */
  readonly kept: number
  /** One for each processor that is on, in order. */
  readonly steps: readonly SamplingStep[]
  /** Renormalized over what is kept; 0 where the token is cut. */
  readonly probabilityOf: (tokenId: number) => number
  /** Draws: the token that covers `point` of [0, 1), where each kept token covers its probability. */
  readonly tokenAt: (point: number) => number
}

/** A row of raw logits with its tokens in order; sorted once, asked often. */
export class SortedLogits {
  /** [V] Token ids, least likely first; of equal logits the lower id first, as a stable sort gives it. */
  readonly ascending: Uint32Array
  /** [V] Where each token stands in `ascending`. */
  readonly places: Uint32Array

  constructor(readonly logits: Float32Array) {
    this.ascending = sortAscending(logits)
    this.places = new Uint32Array(logits.length)
    this.ascending.forEach((tokenId, place) => {
      this.places[tokenId] = place
    })
  }

  /** The most likely tokens, most likely first; of equal logits the lower id first. */
  mostLikely(count: number): number[] {
    const top: number[] = []
    let end = this.ascending.length
    while (end > 0 && top.length < count) {
      const start = this.tieStart(end - 1)
      top.push(...this.ascending.subarray(start, end))
      end = start
    }
    return top.slice(0, count)
  }

  /** First place of the tokens that have the same logit as the one at `place`. */
  tieStart(place: number): number {
    const logit = this.logits[this.ascending[place]]
    while (place > 0 && this.logits[this.ascending[place - 1]] === logit) place--
    return place
  }
}

/** What is left of a row after the processors. */
export function sampleDistribution(row: SortedLogits, settings: SamplingSettings): SampledDistribution {
  if (settings.temperature === 0) return greedy(row)
  const size = row.ascending.length
  const weights = temperedWeights(row, settings.temperature)
  const steps: SamplingStep[] = []
  let from = 0
  let total = sum(weights, 0)

  const apply = (processor: keyof SamplingSettings, keepFrom: number) => {
    const before = total
    from = Math.max(from, Math.min(keepFrom, size - 1))
    total = sum(weights, from)
    steps.push({ processor, kept: size - from, cut: 1 - total / before })
  }

  if (settings.temperature !== 1) apply('temperature', 0)
  if (settings.topK > 0) apply('topK', row.tieStart(Math.max(0, size - settings.topK)))
  if (settings.topP < 1) apply('topP', topPStart(weights, from, total, settings.topP))
  if (settings.minP > 0) apply('minP', minPStart(weights, from, settings.minP))

  return {
    kept: size - from,
    steps,
    probabilityOf: (tokenId) => {
      const place = row.places[tokenId]
      return place < from ? 0 : weights[place] / total
    },
    tokenAt: (point) => {
      let place = size - 1
      for (let left = point * total - weights[place]; left >= 0 && place > from; left -= weights[place])
        place--
      return row.ascending[place]
    },
  }
}

function greedy(row: SortedLogits): SampledDistribution {
  const [winner] = row.mostLikely(1)
  const winnerLogit = row.logits[winner]
  const share = 1 / row.logits.reduce((total, logit) => total + Math.exp(logit - winnerLogit), 0)
  return {
    kept: 1,
    steps: [{ processor: 'temperature', kept: 1, cut: 1 - share }],
    probabilityOf: (tokenId) => (tokenId === winner ? 1 : 0),
    tokenAt: () => winner,
  }
}

/** [V] exp(logit / T) in ascending order, scaled so that the last one is 1. */
function temperedWeights({ logits, ascending }: SortedLogits, temperature: number): Float64Array {
  const largest = logits[ascending[ascending.length - 1]]
  const weights = new Float64Array(ascending.length)
  for (let i = 0; i < weights.length; i++)
    weights[i] = Math.exp((logits[ascending[i]] - largest) / temperature)
  return weights
}

/** `cumulative <= 1 - top_p` is removed, on the ascending sort. */
function topPStart(weights: Float64Array, from: number, total: number, topP: number): number {
  let cumulative = 0
  for (let i = from; i < weights.length; i++) {
    cumulative += weights[i] / total
    if (cumulative > 1 - topP) return i
  }
  return weights.length - 1
}

/** What is less likely than `min_p` times the most likely token, whose weight is 1, is removed. */
function minPStart(weights: Float64Array, from: number, minP: number): number {
  let place = from
  while (place < weights.length - 1 && weights[place] < minP) place++
  return place
}

function sum(weights: Float64Array, from: number): number {
  let total = 0
  for (let i = from; i < weights.length; i++) total += weights[i]
  return total
}

/** What 53 bits leave beside a float's 32: room for a vocabulary forty times over. */
const ID_SPACE = 2 ** 21

/**
 * Logit and id packed into one number each, so that the engine's own sort of numbers does the work:
 * 32 bits that order like the float, then 21 of the id.
 */
function sortAscending(logits: Float32Array): Uint32Array {
  const bits = new Uint32Array(Float32Array.from(logits, (logit) => logit + 0).buffer) // −0 becomes 0
  const keys = Float64Array.from(bits, (value, id) => orderedBits(value) * ID_SPACE + id).sort()
  return Uint32Array.from(keys, (key) => key % ID_SPACE)
}

/** Bits of a float → an unsigned number of the same order. */
function orderedBits(bits: number): number {
  return (bits >>> 31 === 1 ? ~bits : bits | 0x80000000) >>> 0
}
