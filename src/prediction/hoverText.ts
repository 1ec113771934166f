import { formatCount, formatCounted, formatDecimal, formatPercent } from '../shared/text/format'
import type { Alternative } from '../shared/contracts/prediction'
import { fit, textWidth } from '../shared/text/textWidth'
import { showToken, textPieces } from '../shared/text/tokenText'
import type { Vocabulary } from '../shared/text/vocabulary'
import type { ScoredToken, NextToken, PlacePrediction } from './placePrediction'

/**
 * What a hover says of a character's tokens, as a Markdown code block that no token can get out of:
 * each with its numbers and the likeliest tokens in its place.
 */
export function hoverText(place: PlacePrediction, vocabulary: Vocabulary): string {
  return codeBlock(tokenParts(place, vocabulary))
}

/** The same, and what is expected behind the character: for the last one of a line or of the text. */
export function hoverTextWithNext(place: PlacePrediction, vocabulary: Vocabulary): string {
  return codeBlock([...tokenParts(place, vocabulary), nextLines(place, vocabulary)])
}

const GAP = '  '
const MAX_TOKEN_WIDTH = 24
const MIN_FENCE = 3
const IN_THE_TEXT = '← in the text'

type Lines = readonly string[]

function tokenParts(place: PlacePrediction, vocabulary: Vocabulary): Lines[] {
  const { tokens } = place
  const pieces = textPieces(tokens.map(({ tokenId }) => vocabulary.bytesOf(tokenId)))
  return tokens.map((token, i) => {
    const shown = pieces[i].map((piece) => piece.shown).join('')
    const top = token.score?.top ?? []
    return [tokenLine(shown, token, place), ...alternativeLines(top, token.tokenId, vocabulary)]
  })
}

/** `·catch  p 0.077 %  rank 74 of 50,257  10.35 bits  (mini, 412 tokens before)` */
function tokenLine(shown: string, { score, contextTokens }: ScoredToken, place: PlacePrediction): string {
  const token = isolate(fit(shown, Math.min(textWidth(shown), MAX_TOKEN_WIDTH)))
  if (score === null) return [token, nothingBefore(place)].join(GAP)
  const { logProb, rank, surprisal } = score
  return [
    token,
    `p ${formatPercent(Math.exp(logProb))}`,
    `rank ${formatCount(rank)} of ${formatCount(place.model.vocabularySize)}`,
    `${formatDecimal(surprisal)} bits`,
    `(${place.model.id}, ${before(contextTokens)})`,
  ].join(GAP)
}

function nextLines(place: PlacePrediction, vocabulary: Vocabulary): Lines {
  const { next, tokens, model } = place
  if (next.distribution === null) return [['Next:', nothingBefore(place)].join(GAP)]
  // In a window of its own it has seen less than the token above it, and without one nothing says what it has seen.
  const followsToken = tokens.at(-1)?.contextTokens === next.contextTokens - 1
  const title = followsToken ? 'Next:' : `Next:${GAP}(${model.id}, ${before(next.contextTokens)})`
  return [title, ...alternativeLines(next.distribution.top, next.tokenId, vocabulary)]
}

/** Only without a start token: nothing at all stands before the first one then. */
function nothingBefore({ model }: PlacePrediction): string {
  return `nothing before it to predict it from${GAP}(${model.id})`
}

function before(contextTokens: number): string {
  return contextTokens === 0
    ? 'only the start token before'
    : `${formatCounted(contextTokens, 'token')} before`
}

/** Tokens and probabilities in two columns; the one that the text has is marked. */
function alternativeLines(
  top: readonly Alternative[],
  actual: NextToken['tokenId'],
  vocabulary: Vocabulary,
): Lines {
  const rows = top.map(({ tokenId, logProb }) => ({
    token: showToken(vocabulary.bytesOf(tokenId)),
    percent: formatPercent(Math.exp(logProb)),
    mark: tokenId === actual ? [IN_THE_TEXT] : [],
  }))
  const tokenWidth = Math.min(MAX_TOKEN_WIDTH, widest(rows.map(({ token }) => token)))
  const percentWidth = widest(rows.map(({ percent }) => percent))
  return rows.map(({ token, percent, mark }) =>
    ['', isolate(fit(token, tokenWidth)), fit(percent, percentWidth, 'right'), ...mark].join(GAP),
  )
}

function widest(cells: readonly string[]): number {
  return Math.max(0, ...cells.map(textWidth))
}

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u

/** Right-to-left letters would draw the numbers behind them to their left. */
function isolate(token: string): string {
  return RIGHT_TO_LEFT.test(token) ? `\u2068${token}\u2069` : token
}

/** The parts, a blank line between two; the fence is longer than any run of backticks in them. */
function codeBlock(parts: readonly Lines[]): string {
  const text = parts.map((lines) => lines.join('\n')).join('\n\n')
  const runs = text.match(/`+/g) ?? []
  const fence = '`'.repeat(Math.max(MIN_FENCE, ...runs.map((run) => run.length + 1)))
  return `${fence}text\n${text}\n${fence}`
}
