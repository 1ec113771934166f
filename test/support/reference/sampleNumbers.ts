// The reference's numbers for sample/readConfig.ts, for tests of what views show. Its text is the reference text
// `typescript +bos`.

import { elementAt } from '../../../src/shared/elementAt'
import { formatCount, formatDecimal, formatPerplexity, speakPercent } from '../../../src/shared/text/format'
import references from '../../fixtures/reference/mini.json'

export interface TokenNumbers {
  readonly logit: number
  readonly logSumExp: number
  readonly logProb: number
  readonly probability: number
  readonly rank: number
  /** In bits. */
  readonly surprisal: number
  /** In bits. */
  readonly entropy: number
  /** The probabilities of the most likely tokens, in descending order. */
  readonly topProbabilities: readonly number[]
}

/** The numbers of a token with the start token before the text. */
export function tokenNumbers(position: number): TokenNumbers {
  const {
    topLogits,
    logSumExp,
    entropyNats,
    targetLogit = NaN,
    targetLogProb = NaN,
    targetRank = NaN,
  } = elementAt(positions, position)
  return {
    logit: targetLogit,
    logSumExp,
    logProb: targetLogProb,
    probability: Math.exp(targetLogProb),
    rank: targetRank,
    surprisal: -targetLogProb / Math.LN2,
    entropy: entropyNats / Math.LN2,
    topProbabilities: topLogits.map((logit) => Math.exp(logit - logSumExp)),
  }
}

/** `Probability 0.13 percent, rank 87, 9.6 bits`, as in the labels of rows. */
export function spokenNumbers(position: number): string {
  const { probability, rank, surprisal } = tokenNumbers(position)
  return `Probability ${speakPercent(probability)}, rank ${formatCount(rank)}, ${formatDecimal(surprisal, 1)} bits`
}

const positions = readSample()
const tokens = positions.length - 1
const meanNats = -positions.reduce((sum, { targetLogProb = 0 }) => sum + targetLogProb, 0) / tokens

/** The figures of the whole text as views show them. */
export const SUMMARY = {
  tokens: String(tokens),
  perplexity: formatPerplexity(Math.exp(meanNats)),
  bitsPerToken: formatDecimal(meanNats / Math.LN2),
}

/** The figures in the panel's header, separated by single spaces. */
export const HEADER_FIGURES = `${SUMMARY.tokens} tokens ${SUMMARY.perplexity} perplexity ${SUMMARY.bitsPerToken} bits/token`

function readSample() {
  const sample = references.find(({ name }) => name === 'typescript +bos')
  if (sample === undefined) throw new Error('The reference has no numbers for the sample.')
  return sample.positions
}
