import type { Distribution } from '../../../src/shared/contracts/engine/prediction'
import { elementAt } from '../../../src/shared/elementAt'

/** How likely one side finds a token. */
export interface SideShare {
  /** 0 to 1, over the full vocabulary. */
  readonly probability: number
  /** The side's list ends before the token, so that the token is at most as likely as the last one of the list. */
  readonly isBound: boolean
}

/** A token with its share on both sides. */
export interface MirroredToken {
  readonly tokenId: number
  readonly shown: SideShare
  readonly baseline: SideShare
}

/** The token that stands in the text. */
export interface ActualToken {
  readonly tokenId: number
  /** Nats. */
  readonly logProb: number
  readonly baselineLogProb: number
}

export interface MirroredSides {
  readonly shown: Distribution
  readonly baseline: Distribution
  /** Null for what follows the text. */
  readonly actual: ActualToken | null
}

/** The tokens that either side lists, and the actual one. The most likely one of either side is first. */
export function mirroredTokens({ shown, baseline, actual }: MirroredSides): readonly MirroredToken[] {
  const ours = sharesOf(shown, actual && [actual.tokenId, actual.logProb])
  const theirs = sharesOf(baseline, actual && [actual.tokenId, actual.baselineLogProb])
  const tokens = [...new Set([...ours.keys(), ...theirs.keys()])].map((tokenId) => ({
    tokenId,
    shown: shareOf(ours, tokenId, shown),
    baseline: shareOf(theirs, tokenId, baseline),
  }))
  return tokens.sort((a, b) => largestOf(b) - largestOf(a) || a.tokenId - b.tokenId)
}

/** The lines of the list when it is closed: the first tokens, and the actual one in the last line if it is not among them. */
export interface ClosedList {
  readonly first: readonly MirroredToken[]
  /** Null if it is among the first, or nothing stands there. */
  readonly actual: MirroredToken | null
}

/** Cuts a list so that it takes `lines` lines, of which a gap before the actual token is one. */
export function closeList(
  tokens: readonly MirroredToken[],
  actual: ActualToken | null,
  lines: number,
): ClosedList {
  const index = tokens.findIndex(({ tokenId }) => tokenId === actual?.tokenId)
  if (index < lines) return { first: tokens.slice(0, lines), actual: null }
  return { first: tokens.slice(0, lines - 2), actual: elementAt(tokens, index) }
}

function sharesOf({ top }: Distribution, actual: readonly [number, number] | null): Map<number, number> {
  const shares = new Map([...top].map(({ tokenId, logProb }) => [tokenId, Math.exp(logProb)]))
  if (actual !== null) shares.set(actual[0], Math.exp(actual[1]))
  return shares
}

function shareOf(shares: ReadonlyMap<number, number>, tokenId: number, { top }: Distribution): SideShare {
  const probability = shares.get(tokenId)
  if (probability !== undefined) return { probability, isBound: false }
  return { probability: Math.exp(top.at(-1)?.logProb ?? 0), isBound: true }
}

/** The larger of the known shares: a bound says only what a token cannot exceed. */
function largestOf({ shown, baseline }: MirroredToken): number {
  return Math.max(...[shown, baseline].map(({ probability, isBound }) => (isBound ? 0 : probability)))
}
