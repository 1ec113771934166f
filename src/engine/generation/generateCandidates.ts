import { concatBytes } from '../../shared/bytes'
import type { GeneratedCandidate, GenerateRequest } from '../../shared/contracts/engine/engineApi'
import type { Vocabulary } from '../../shared/text/vocabulary'
import { lineEnd } from './lineEnd'
import { drawnToken, greedyToken, type NextRow, type NextToken } from './nextToken'
import { type Opening, OpeningSearch } from './openings'
import { independentRandoms } from './seededRandom'
import type { TokenIndex } from './tokenIndex'

/** Continuations of a text, most probable first. `GenerateRequest` describes the request. */
export async function generateCandidates(
  request: GenerateRequest,
  index: TokenIndex,
  row: NextRow,
): Promise<GeneratedCandidate[]> {
  const search = new OpeningSearch(request, index, row.logits)
  const beginnings =
    request.sampling.temperature === 0
      ? await greedy(search, request, row)
      : await drawn(search, request, row)
  const candidates: GeneratedCandidate[] = []
  // In reverse order, so that the cache finally holds the most probable candidate, which is likely to be typed next.
  for (const [place, beginning] of [...beginnings.entries()].reverse()) {
    const logProb = beginning.opening.logProb - search.logMass
    if (place > 0 && logProb < Math.log(request.minProbability)) continue
    const candidate = await extend({ ...beginning, logProb }, request, index)
    if (candidate !== undefined) candidates.unshift(candidate)
  }
  return distinct(candidates.sort((a, b) => b.logProb - a.logProb))
}

/** The start of a candidate, and how it chooses the token after its tokens. */
interface Beginning {
  readonly opening: Opening
  readonly nextToken: (tokenIds: readonly number[]) => Promise<NextToken>
}

async function greedy(
  search: OpeningSearch,
  { candidates }: GenerateRequest,
  row: NextRow,
): Promise<Beginning[]> {
  const openings = await search.mostProbable(candidates)
  return openings.map((opening) => ({ opening, nextToken: (tokenIds) => greedyToken(row, tokenIds) }))
}

async function drawn(
  search: OpeningSearch,
  { candidates, sampling, seed }: GenerateRequest,
  row: NextRow,
): Promise<Beginning[]> {
  const openingAt = await search.drawable(sampling)
  if (openingAt === undefined) return []
  return independentRandoms(seed, candidates).map((random) => ({
    opening: openingAt(random()),
    nextToken: (tokenIds) => drawnToken(row, tokenIds, { sampling, point: random() }),
  }))
}

/**
 * Extends a candidate token by token, up to one of the request's limits or the end of the text.
 * @param logProb nats, of the opening given the typed bytes
 * @returns undefined if the text ends at once
 */
async function extend(
  { opening, nextToken, logProb: openingLogProb }: Beginning & { readonly logProb: number },
  { typed, maxTokens, maxLines, minProbability }: GenerateRequest,
  { vocabulary, endTokenId }: TokenIndex,
): Promise<GeneratedCandidate | undefined> {
  if (opening.tokenIds.at(-1) === endTokenId) return undefined
  const continuationOf = (tokenIds: readonly number[]) => bytesOf(tokenIds, vocabulary).subarray(typed.length)
  let tokenIds = opening.tokenIds
  let logProb = openingLogProb
  let continuation = continuationOf(tokenIds)
  let end = lineEnd(continuation, maxLines)
  while (end === undefined && tokenIds.length < maxTokens) {
    const next = await nextToken(tokenIds)
    const logProbWithIt = logProb + next.logProb
    if (next.tokenId === endTokenId || logProbWithIt < Math.log(minProbability)) break
    const longer = continuationOf([...tokenIds, next.tokenId])
    end = lineEnd(longer, maxLines)
    if (end === continuation.length) break
    tokenIds = [...tokenIds, next.tokenId]
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
