// V = tokens of the vocabulary

import { concatBytes } from '../../shared/bytes'
import { elementAt } from '../../shared/elementAt'
import type { GeneratedCandidate, GenerateRequest } from '../../shared/contracts/engineApi'
import { sampleDistribution, SortedLogits } from '../../shared/numbers/sampling'
import type { Vocabulary } from '../../shared/text/vocabulary'
import { lineEnd } from './lineEnd'
import { largestFirst, logSumExp } from './logProbs'
import { type NextLogits, type Opening, OpeningSearch } from './openings'
import { independentRandoms } from './seededRandom'
import type { TokenIndex } from './tokenIndex'

/** Continuations of a text, most probable first. `GenerateRequest` describes the request. */
export async function generateCandidates(
  request: GenerateRequest,
  index: TokenIndex,
  nextLogits: NextLogits,
): Promise<GeneratedCandidate[]> {
  const search = new OpeningSearch(request, index, nextLogits)
  const beginnings =
    request.sampling.temperature === 0 ? await greedy(search, request) : await drawn(search, request)
  const candidates: GeneratedCandidate[] = []
  // In reverse order, so that the cache finally holds the most probable candidate, which is likely to be typed next.
  for (const [place, beginning] of [...beginnings.entries()].reverse()) {
    const logProb = beginning.opening.logProb - search.logMass
    if (place > 0 && logProb < Math.log(request.minProbability)) continue
    const candidate = await extend(beginning, logProb, request, index, nextLogits)
    if (candidate !== undefined) candidates.unshift(candidate)
  }
  return distinct(candidates.sort((a, b) => b.logProb - a.logProb))
}

/** The start of a candidate, and how it chooses a token from a row of raw logits [V]. */
interface Beginning {
  readonly opening: Opening
  readonly choose: (logits: Float32Array) => number
}

async function greedy(search: OpeningSearch, { candidates }: GenerateRequest): Promise<Beginning[]> {
  const openings = await search.mostProbable(candidates)
  return openings.map((opening) => ({ opening, choose: (logits) => elementAt(largestFirst(logits, 1), 0) }))
}

async function drawn(
  search: OpeningSearch,
  { candidates, sampling, seed }: GenerateRequest,
): Promise<Beginning[]> {
  const openingAt = await search.drawable(sampling)
  if (openingAt === undefined) return []
  return independentRandoms(seed, candidates).map((random) => ({
    opening: openingAt(random()),
    choose: (logits) => sampleDistribution(new SortedLogits(logits), sampling).tokenAt(random()),
  }))
}

/**
 * Extends a candidate token by token, up to one of the request's limits or the end of the text.
 * @param openingLogProb nats, of the opening given the typed bytes
 * @returns undefined if the text ends at once
 */
async function extend(
  { opening, choose }: Beginning,
  openingLogProb: number,
  { typed, maxTokens, maxLines, minProbability }: GenerateRequest,
  { vocabulary, endTokenId }: TokenIndex,
  nextLogits: NextLogits,
): Promise<GeneratedCandidate | undefined> {
  if (opening.tokenIds.at(-1) === endTokenId) return undefined
  const continuationOf = (tokenIds: readonly number[]) => bytesOf(tokenIds, vocabulary).subarray(typed.length)
  let tokenIds = opening.tokenIds
  let logProb = openingLogProb
  let continuation = continuationOf(tokenIds)
  let end = lineEnd(continuation, maxLines)
  while (end === undefined && tokenIds.length < maxTokens) {
    const logits = await nextLogits(tokenIds)
    const tokenId = choose(logits)
    const logProbWithIt = logProb + elementAt(logits, tokenId) - logSumExp(logits)
    if (tokenId === endTokenId || logProbWithIt < Math.log(minProbability)) break
    const longer = continuationOf([...tokenIds, tokenId])
    end = lineEnd(longer, maxLines)
    if (end === continuation.length) break
    tokenIds = [...tokenIds, tokenId]
    continuation = longer
    logProb = logProbWithIt
  }
  return { tokenIds: Int32Array.from(tokenIds), continuation: continuation.slice(0, end), logProb }
}

function bytesOf(tokenIds: readonly number[], vocabulary: Vocabulary): Uint8Array {
  return concatBytes(tokenIds.map((tokenId) => vocabulary.bytesOf(tokenId)))
}

/** Without later candidates that have the same continuation. */
function distinct(candidates: readonly GeneratedCandidate[]): GeneratedCandidate[] {
  const seen = new Set<string>()
  return candidates.filter(({ continuation }) => {
    const key = continuation.join()
    return !seen.has(key) && seen.add(key)
  })
}
