// Token healing: the `typed` bytes may be the start of longer tokens, so all tokens that cover them are considered.
// V = tokens of the vocabulary

import type { GenerateRequest } from '../../shared/contracts/engine/engineApi'
import { elementAt } from '../../shared/elementAt'
import { sampleDistribution, SortedLogits } from '../../shared/numbers/sampling'
import type { SamplingSettings } from '../../shared/contracts/engine/samplingSettings'
import { largestFirst, logSumExp } from '../../shared/numbers/logProbs'
import type { NextRow } from './nextToken'
import type { TokenIndex } from './tokenIndex'

/**
 * Tokens whose bytes begin with `typed`; only the last one extends beyond it. The last one may be the token that ends the
 * text.
 */
export interface Opening {
  readonly tokenIds: readonly number[]
  /** Nats: the probability of the tokens, not conditioned on `typed`. */
  readonly logProb: number
}

/** Runs of the model for paths other than the tokenizer's own. The user waits for them: about 20 ms each with gpt2. */
const MAX_RUNS = 32
/** The search stops when unexplored paths can change no probability by more than this share. */
const UNEXPLORED_SHARE = 0.01

type SearchRequest = Pick<GenerateRequest, 'typed' | 'typedTokenIds' | 'maxTokens'>

/**
 * Best-first search over the sequences of tokens (paths) that cover `typed`. It is exact until MAX_RUNS runs are used. The
 * tokenizer's own path is explored first and is not counted, so openings are found in any case.
 */
export class OpeningSearch {
  /** Known paths that are not explored yet. */
  private frontier: Path[] = [{ tokenIds: [], covered: 0, logProb: 0 }]
  private readonly explored: Explored[] = []
  private runs = 0

  constructor(
    private readonly request: SearchRequest,
    private readonly index: TokenIndex,
    private readonly nextLogits: NextRow['logits'],
  ) {}

  /** Nats: the probability of `typed` found so far, summed over every path that covers it or extends beyond it. */
  get logMass(): number {
    const covering = this.frontier.filter((path) => this.covers(path)).map(({ logProb }) => logProb)
    return logSumExp([...covering, ...this.explored.map(({ logMass }) => logMass)])
  }

  /** The most probable openings, most probable first; of equal ones the one with lower ids first. */
  async mostProbable(count: number): Promise<Opening[]> {
    let best: Opening[] = []
    for (;;) {
      const bound = best[count - 1]?.logProb ?? -Infinity
      const promising = this.frontier.filter(({ logProb }) => logProb >= bound)
      const unknownMass = this.frontier.filter((path) => !this.covers(path))
      const next = this.choose(promising) ?? this.choose(this.unlessNegligible(unknownMass))
      if (next === undefined) return best
      const { openings } = await this.explore(next)
      const more = largestFirst(openings.logProbs, count).map((index) => openingAt(openings, index))
      best = [...best, ...more].sort(byProbability).slice(0, count)
    }
  }

  /**
   * Explores all openings and returns a function that draws one. `settings` change their probabilities as they change
   * those of tokens.
   * @returns undefined if there are no openings; the function takes a point in [0, 1)
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

  /** The tokenizer's own path if it is among these, else the most probable one; undefined when the runs are used up. */
  private choose(paths: readonly Path[]): Path | undefined {
    const open = paths.filter(({ tokenIds }) => tokenIds.length < this.request.maxTokens)
    const own = open.find((path) => this.isTokenizersOwn(path))
    if (own !== undefined || this.runs >= MAX_RUNS) return own
    return open.toSorted(byProbability).at(0)
  }

  private unlessNegligible(paths: readonly Path[]): readonly Path[] {
    const mass = logSumExp(paths.map(({ logProb }) => logProb))
    return mass > this.logMass + Math.log(UNEXPLORED_SHARE) ? paths : []
  }

  private async explore(path: Path): Promise<Explored> {
    if (!this.isTokenizersOwn(path)) this.runs++
    const logits = await this.nextLogits(path.tokenIds)
    const { within, beyond } = this.index.consistentWith(this.request.typed.subarray(path.covered))
    const offset = path.logProb - logSumExp(logits)
    const longer = within.map((tokenId) => ({
      tokenIds: [...path.tokenIds, tokenId],
      covered: path.covered + this.index.vocabulary.bytesOf(tokenId).length,
      logProb: offset + elementAt(logits, tokenId),
    }))
    this.frontier = [...this.frontier.filter((other) => other !== path), ...longer]
    const logProbs = Float64Array.from(beyond, (tokenId) => offset + elementAt(logits, tokenId))
    const explored: Explored = {
      openings: { before: path.tokenIds, last: beyond, logProbs },
      logMass: this.covers(path) ? path.logProb : logSumExp(logProbs),
    }
    this.explored.push(explored)
    return explored
  }

  private covers({ covered }: Path): boolean {
    return covered === this.request.typed.length
  }

  private isTokenizersOwn({ tokenIds }: Path): boolean {
    return tokenIds.every((tokenId, i) => tokenId === this.request.typedTokenIds[i])
  }
}

/** Tokens that cover the first `covered` bytes of `typed`. */
interface Path extends Opening {
  readonly covered: number
}

/** Openings that differ only in their last token. In columns, because there are up to V of them. */
interface Openings {
  readonly before: readonly number[]
  readonly last: readonly number[]
  readonly logProbs: Float64Array
}

/** The result of exploring a path. */
interface Explored {
  /** The path with one more token that extends beyond `typed`. */
  readonly openings: Openings
  /** Nats: the path's contribution to the probability of `typed`. */
  readonly logMass: number
}

function openingAt({ before, last, logProbs }: Openings, index: number): Opening {
  return { tokenIds: [...before, elementAt(last, index)], logProb: elementAt(logProbs, index) }
}

/** The opening at `index` of the concatenated groups. */
function openingOfAll(groups: readonly Openings[], index: number): Opening {
  let indexInGroup = index
  for (const group of groups) {
    if (indexInGroup < group.last.length) return openingAt(group, indexInGroup)
    indexInGroup -= group.last.length
  }
  throw new RangeError(`opening ${index} does not exist`)
}

function byProbability(a: Opening, b: Opening): number {
  return b.logProb - a.logProb || compareTokens(a.tokenIds, b.tokenIds)
}

function compareTokens(a: readonly number[], b: readonly number[]): number {
  for (const [i, tokenId] of a.entries()) {
    const difference = tokenId - (b[i] ?? -1)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}
