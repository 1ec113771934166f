// Token healing: `typed` bytes may be the beginning of tokens that the tokenizer has not been shown yet.
// V = tokens of the vocabulary

import type { GenerateRequest } from '../../shared/contracts/engineApi'
import { sampleDistribution, SortedLogits } from '../../shared/numbers/sampling'
import type { SamplingSettings } from '../../shared/contracts/samplingSettings'
import { largestFirst, logSumExp } from './logProbs'
import type { TokenIndex } from './tokenIndex'

/** Raw logits [V] of the row after these tokens, which follow those that are settled. */
export type NextLogits = (tokenIds: readonly number[]) => Promise<Float32Array>

/**
 * Tokens whose bytes begin with `typed`, and of which only the last one reaches beyond it;
 * that last one may be the token that ends the text.
 */
export interface Opening {
  readonly tokenIds: readonly number[]
  /** Nats: their probability whatever was typed. */
  readonly logProb: number
}

/** Runs of the model off the tokenizer's own way: a person waits for them, 20 ms or so each with gpt2. */
const MAX_RUNS = 32
/** What is left unexplored moves no probability by more than this share. */
const UNEXPLORED_SHARE = 0.01

type SearchRequest = Pick<GenerateRequest, 'typed' | 'typedTokenIds' | 'maxTokens'>

/**
 * Best-first search over the ways in which tokens can cover `typed`. Exact until MAX_RUNS are used up; the tokenizer's
 * own way is gone first, so that there are openings even then.
 */
export class OpeningSearch {
  /** Ways that are known, but not where they lead to. */
  private frontier: Way[] = [{ tokenIds: [], covered: 0, logProb: 0 }]
  private readonly explored: Crossing[] = []
  private runs = 0

  constructor(
    private readonly request: SearchRequest,
    private readonly index: TokenIndex,
    private readonly nextLogits: NextLogits,
  ) {}

  /** Nats: the probability of `typed`, as far as it was found: that of every way that covers it or leads beyond it. */
  get logMass(): number {
    const covering = this.frontier.filter((way) => this.covers(way)).map(({ logProb }) => logProb)
    return logSumExp([...covering, ...this.explored.map(({ logMass }) => logMass)])
  }

  /** The most probable openings, most probable first; of equals the one with lower ids first. */
  async mostProbable(count: number): Promise<Opening[]> {
    let best: Opening[] = []
    for (;;) {
      const bound = best.length < count ? -Infinity : best[count - 1].logProb
      const promising = this.frontier.filter(({ logProb }) => logProb >= bound)
      const unknownMass = this.frontier.filter((way) => !this.covers(way))
      const next = this.choose(promising) ?? this.choose(this.unlessNegligible(unknownMass))
      if (next === undefined) return best
      const { openings } = await this.explore(next)
      const more = largestFirst(openings.logProbs, count).map((place) => openingAt(openings, place))
      best = [...best, ...more].sort(byProbability).slice(0, count)
    }
  }

  /**
   * Draws from all openings, whose probabilities are reshaped by `settings` as those of tokens are;
   * nothing where there are none.
   */
  async drawable(settings: SamplingSettings): Promise<((point: number) => Opening) | undefined> {
    for (;;) {
      const next = this.choose(this.unlessNegligible(this.frontier))
      if (next === undefined) break
      await this.explore(next)
    }
    const all = this.explored.map(({ openings }) => openings)
    const logProbs = Float32Array.from(all.flatMap((openings) => [...openings.logProbs]))
    if (logProbs.length === 0) return undefined
    const distribution = sampleDistribution(new SortedLogits(logProbs), settings)
    return (point) => openingOfAll(all, distribution.tokenAt(point))
  }

  /** The tokenizer's own way if it is among them, else the most probable one; none when the runs are used up. */
  private choose(ways: readonly Way[]): Way | undefined {
    const open = ways.filter(({ tokenIds }) => tokenIds.length < this.request.maxTokens)
    const own = open.find((way) => this.isTokenizersOwn(way))
    if (own !== undefined || this.runs >= MAX_RUNS) return own
    return open.toSorted(byProbability).at(0)
  }

  private unlessNegligible(ways: readonly Way[]): readonly Way[] {
    const mass = logSumExp(ways.map(({ logProb }) => logProb))
    return mass > this.logMass + Math.log(UNEXPLORED_SHARE) ? ways : []
  }

  private async explore(way: Way): Promise<Crossing> {
    if (!this.isTokenizersOwn(way)) this.runs++
    const logits = await this.nextLogits(way.tokenIds)
    const { within, beyond } = this.index.consistentWith(this.request.typed.subarray(way.covered))
    const offset = way.logProb - logSumExp(logits)
    const further = within.map((tokenId) => ({
      tokenIds: [...way.tokenIds, tokenId],
      covered: way.covered + this.index.vocabulary.bytesOf(tokenId).length,
      logProb: offset + logits[tokenId],
    }))
    this.frontier = [...this.frontier.filter((other) => other !== way), ...further]
    const logProbs = Float64Array.from(beyond, (tokenId) => offset + logits[tokenId])
    const crossing: Crossing = {
      openings: { before: way.tokenIds, last: beyond, logProbs },
      logMass: this.covers(way) ? way.logProb : logSumExp(logProbs),
    }
    this.explored.push(crossing)
    return crossing
  }

  private covers({ covered }: Way): boolean {
    return covered === this.request.typed.length
  }

  private isTokenizersOwn({ tokenIds }: Way): boolean {
    return tokenIds.every((tokenId, i) => tokenId === this.request.typedTokenIds[i])
  }
}

/** Tokens that cover the first `covered` bytes of `typed`. */
interface Way extends Opening {
  readonly covered: number
}

/** Openings that differ in their last token only, in columns: there are up to V of them. */
interface Openings {
  readonly before: readonly number[]
  readonly last: readonly number[]
  readonly logProbs: Float64Array
}

/** Where a way leads beyond `typed`. */
interface Crossing {
  readonly openings: Openings
  readonly logMass: number
}

function openingAt({ before, last, logProbs }: Openings, place: number): Opening {
  return { tokenIds: [...before, last[place]], logProb: logProbs[place] }
}

/** The opening at `place` of all, one group after the other. */
function openingOfAll(all: readonly Openings[], place: number): Opening {
  const [first, ...others] = all
  const size = first.last.length
  return place < size ? openingAt(first, place) : openingOfAll(others, place - size)
}

function byProbability(a: Opening, b: Opening): number {
  return b.logProb - a.logProb || compareTokens(a.tokenIds, b.tokenIds)
}

function compareTokens(a: readonly number[], b: readonly number[]): number {
  const difference = a.findIndex((tokenId, i) => tokenId !== b[i])
  return difference === -1 ? a.length - b.length : a[difference] - (b[difference] ?? -1)
}
