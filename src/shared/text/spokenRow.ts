import { formatCount, formatCounted, formatDecimal, formatWholePercent, speakPercent } from './format'
import type { Alternative, Distribution, TokenScore } from '../contracts/engine/prediction'
import { speakUnscored, type Unscored } from './unscored'

/** A token of a text, or the distribution after its last token, to be read by a screen reader. */
export interface SpokenRow {
  /** Null for the distribution after the last token. */
  readonly tokenId: number | null
  readonly position: number
  /** Number of tokens of the text. */
  readonly tokenCount: number
  readonly score: TokenScore | null
  /** The distribution that predicts it. */
  readonly distribution: Distribution | null
  /** Null if the row has a prediction of this run; else `distribution` is null or of the previous run. */
  readonly unscored: Unscored | null
  /** Whether the token covers text that was typed before a completion. */
  readonly typed: boolean
}

/** `catch, leading space. Token 52 of 85. Probability 0.077 percent, rank 74, 10.4 bits. Expected newline, 57 percent.` */
export function speakRow(row: SpokenRow, speak: (tokenId: number) => string): string {
  const { tokenId, position, tokenCount, score, distribution, unscored, typed } = row
  const sentences =
    tokenId === null
      ? [`Next, after the last of ${formatCounted(tokenCount, 'token')}`]
      : [speak(tokenId), `Token ${position} of ${formatCount(tokenCount)}`]
  if (typed) sentences.push('Covers what was typed')
  if (score !== null) {
    const { logProb, rank, surprisal } = score
    const bits = `${formatDecimal(surprisal, 1)} bits`
    sentences.push(`Probability ${speakPercent(Math.exp(logProb))}, rank ${formatCount(rank)}, ${bits}`)
  }
  const expected = distribution?.top.at(0)
  if (expected !== undefined) sentences.push(`Expected ${speakAlternative(expected, speak)}`)
  if (unscored !== null)
    sentences.push(distribution === null ? speakUnscored(unscored) : 'From the previous run')
  return `${sentences.join('. ')}.`
}

function speakAlternative({ tokenId, logProb }: Alternative, speak: (tokenId: number) => string): string {
  const percent = formatWholePercent(Math.exp(logProb)).replace('<', 'less than ').replace(' %', ' percent')
  return `${speak(tokenId)}, ${percent}`
}
