// Sampling as in Hugging Face's transformers, exact over the full vocabulary: temperature, then top-k, top-p, min-p
// (`TemperatureLogitsWarper`, `TopKLogitsWarper`, `TopPLogitsWarper`, `MinPLogitsWarper`).
// V = number of tokens of the vocabulary. Each processor removes the least likely tokens, so the kept tokens are always
// the last ones in ascending order, and their number describes them completely.

import type { SamplingSettings } from '../contracts/engine/samplingSettings'
import { elementAt } from '../elementAt'

/** The effect of one processor on the tokens that the processors before it kept. */
export interface SamplingStep {
  readonly processor: keyof SamplingSettings
  /** Number of tokens that it kept. */
  readonly kept: number
  /** Share of the remaining probability that it removed, 0 to 1. */
  readonly cut: number
}

/** The distribution that a generator draws from. */
export interface SampledDistribution {
  /** Number of tokens that can be drawn. */
  readonly kept: number
  /** One for each active processor, in order. */
  readonly steps: readonly SamplingStep[]
  /** Renormalized over the kept tokens; 0 for a removed token. */
  readonly probabilityOf: (tokenId: number) => number
  /** Draws a token: each kept token covers an interval of [0, 1) as long as its probability; returns that of `point`. */
  readonly tokenAt: (point: number) => number
}

/** A row of raw logits [V] and the order of its tokens, which is computed once. */
export class SortedLogits {
  /** [V] Token ids, least likely first; of equal logits the lower id first, as in a stable sort. */
  readonly ascending: Uint32Array
  /** [V] Index of each token in `ascending`. */
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

  /** The first place of the tokens with the same logit as the token at `place`. */
  tieStart(place: number): number {
    const logit = this.logitAt(place)
    while (place > 0 && this.logitAt(place - 1) === logit) place--
    return place
  }

  private logitAt(place: number): number {
    return this.logits[this.ascending[place] ?? NaN] ?? NaN
  }
}

/** Applies the processors to a row. */
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
      const place = row.places[tokenId] ?? NaN
      return place < from ? 0 : (weights[place] ?? NaN) / total
    },
    tokenAt: (point) => {
      let place = size - 1
      const weight = () => weights[place] ?? NaN
      for (let rest = point * total - weight(); rest >= 0 && place > from; rest -= weight()) place--
      return elementAt(row.ascending, place)
    },
  }
}

function greedy(row: SortedLogits): SampledDistribution {
  const winner = elementAt(row.mostLikely(1), 0)
  const winnerLogit = elementAt(row.logits, winner)
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
  const largest = elementAt(logits, elementAt(ascending, ascending.length - 1))
  const weights = new Float64Array(ascending.length)
  ascending.forEach((tokenId, place) => {
    weights[place] = Math.exp(((logits[tokenId] ?? NaN) - largest) / temperature)
  })
  return weights
}

/** In ascending order, tokens with `cumulative <= 1 - top_p` are removed. */
function topPStart(weights: Float64Array, from: number, total: number, topP: number): number {
  let cumulative = 0
  for (let i = from; i < weights.length; i++) {
    cumulative += (weights[i] ?? NaN) / total
    if (cumulative > 1 - topP) return i
  }
  return weights.length - 1
}

/** Tokens less likely than `min_p` times the most likely one, whose weight is 1, are removed. */
function minPStart(weights: Float64Array, from: number, minP: number): number {
  let place = from
  while (place < weights.length - 1 && (weights[place] ?? NaN) < minP) place++
  return place
}

function sum(weights: Float64Array, from: number): number {
  return weights.subarray(from).reduce((total, weight) => total + weight, 0)
}

/** A float64 holds 53-bit integers: 32 bits for the logit leave 21 for the id, 40 times GPT-2's vocabulary. */
const ID_SPACE = 2 ** 21

/**
 * Packs each logit and id into one number, so that the native sort of numbers can be used without a comparator:
 * 32 bits that are ordered like the float, then 21 bits of the id.
 */
function sortAscending(logits: Float32Array): Uint32Array {
  const bits = new Uint32Array(Float32Array.from(logits, (logit) => logit + 0).buffer) // −0 becomes 0
  const keys = Float64Array.from(bits, (value, id) => orderedBits(value) * ID_SPACE + id).sort()
  return Uint32Array.from(keys, (key) => key % ID_SPACE)
}

/** Maps the bits of a float to an unsigned integer with the same order. */
function orderedBits(bits: number): number {
  return (bits >>> 31 === 1 ? ~bits : bits | 0x80000000) >>> 0
}
