import type { Alternative } from '../shared/contracts/prediction'
import { elementAt } from '../shared/elementAt'
import { formatCount, formatCounted, formatDecimal, formatProbability } from '../shared/text/format'
import { fit, textWidth } from '../shared/text/textWidth'
import { showToken, textPieces } from '../shared/text/tokenText'
import type { Vocabulary } from '../shared/text/vocabulary'
import type { NextToken, PlacePrediction, ScoredToken } from './placePrediction'

/**
 * The hover for the tokens of a character: each with its numbers and the most likely tokens at its place.
 * The result is a Markdown code block that no token's text can close.
 */
export function hoverText(place: PlacePrediction, vocabulary: Vocabulary): string {
  return codeBlock(tokenBlocks(place, vocabulary))
}

/** Like `hoverText`, and the most likely tokens after the character; for the last character of a line or of the text. */
export function hoverTextWithNext(place: PlacePrediction, vocabulary: Vocabulary): string {
  return codeBlock([...tokenBlocks(place, vocabulary), nextLines(place, vocabulary)])
}

const GAP = '  '
const MAX_TOKEN_WIDTH = 24
const MIN_FENCE = 3
const IN_THE_TEXT = '← in the text'

type Lines = readonly string[]

function tokenBlocks(place: PlacePrediction, vocabulary: Vocabulary): Lines[] {
  const { tokens } = place
  const pieces = textPieces(tokens.map(({ tokenId }) => vocabulary.bytesOf(tokenId)))
  return tokens.map((token, i) => {
    const shown = elementAt(pieces, i)
      .map((piece) => piece.shown)
      .join('')
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
    `p ${formatProbability(Math.exp(logProb))}`,
    `rank ${formatCount(rank)} of ${formatCount(place.model.vocabularySize)}`,
    `${formatDecimal(surprisal)} bits`,
    `(${place.model.id}, ${before(contextTokens)})`,
  ].join(GAP)
}

function nextLines(place: PlacePrediction, vocabulary: Vocabulary): Lines {
  const { next, tokens, model } = place
  if (next.distribution === null) return [['Next:', nothingBefore(place)].join(GAP)]
  // The context is named if no token above names it, or if the next token is scored in a later window with less context.
  const followsToken = tokens.at(-1)?.contextTokens === next.contextTokens - 1
  const title = followsToken ? 'Next:' : `Next:${GAP}(${model.id}, ${before(next.contextTokens)})`
  return [title, ...alternativeLines(next.distribution.top, next.tokenId, vocabulary)]
}

/** Explains the missing prediction of a text's first token without a start token. */
function nothingBefore({ model }: PlacePrediction): string {
  return `nothing before it to predict it from${GAP}(${model.id})`
}

function before(contextTokens: number): string {
  return contextTokens === 0
    ? 'only the start token before'
    : `${formatCounted(contextTokens, 'token')} before`
}

/** Tokens and probabilities in two columns; the text's own token is marked. */
function alternativeLines(
  top: readonly Alternative[],
  actual: NextToken['tokenId'],
  vocabulary: Vocabulary,
): Lines {
  const rows = top.map(({ tokenId, logProb }) => ({
    token: showToken(vocabulary.bytesOf(tokenId)),
    percent: formatProbability(Math.exp(logProb)),
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

/** Isolates right-to-left text, which would otherwise move the numbers after it to its left. */
function isolate(token: string): string {
  return RIGHT_TO_LEFT.test(token) ? `\u2068${token}\u2069` : token
}

/** Joins the blocks with blank lines; the fence is longer than any run of backticks in them. */
function codeBlock(blocks: readonly Lines[]): string {
  const text = blocks.map((lines) => lines.join('\n')).join('\n\n')
  const runs = text.match(/`+/g) ?? []
  const fence = '`'.repeat(Math.max(MIN_FENCE, ...runs.map((run) => run.length + 1)))
  return `${fence}text\n${text}\n${fence}`
}
