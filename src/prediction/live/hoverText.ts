import type { Alternatives, ModelInfo } from '../../shared/contracts/engine/prediction'
import { elementAt } from '../../shared/elementAt'
import type { ComparedToken } from '../../shared/contracts/panel/comparison'
import { deltaBits } from '../../shared/numbers/comparedTokens'
import type { SideNames } from '../../shared/text/comparisonText'
import {
  formatCount,
  formatCounted,
  formatDecimal,
  formatProbability,
  formatSigned,
} from '../../shared/text/format'
import { oneLine } from '../../shared/text/plainMessage'
import { fit, textWidth } from '../../shared/text/textWidth'
import { showToken, textPieces } from '../../shared/text/tokenText'
import type { Vocabulary } from '../../shared/text/vocabulary'
import type { ComparedPlace } from '../compare/comparedPlaces'
import type { NextToken, PlacePrediction, ScoredToken, SeenContext } from './placePrediction'

/** Number of most likely tokens to list; with more, the hover would have to be scrolled. */
export const HOVER_TOP_K = 5

/** The prediction of a place, and the comparison of its document if that is shown. */
export interface HoveredPlace extends PlacePrediction {
  readonly comparison?: PlaceComparison | undefined
}

export interface PlaceComparison {
  readonly names: SideNames
  /** The compared tokens at the place. */
  readonly places: readonly ComparedPlace[]
}

/**
 * The hover for the tokens of a character: each with its numbers and the most likely tokens at its place. It names the
 * model only if its weights are rounded (int8), and the context only if the model saw less than the whole text before the
 * token. The result is a Markdown code block that no token's text can close.
 */
export function hoverText(place: HoveredPlace, vocabulary: Vocabulary): string {
  return codeBlock(tokenBlocks(place, vocabulary))
}

/** Like `hoverText`, and the most likely tokens after the character; for the last character of a line or of the text. */
export function hoverTextWithNext(place: HoveredPlace, vocabulary: Vocabulary): string {
  return codeBlock([...tokenBlocks(place, vocabulary), nextLines(place, vocabulary)])
}

const GAP = '  '
const MAX_TOKEN_WIDTH = 24
const MIN_FENCE = 3
const IN_THE_TEXT = '← in the text'

type Lines = readonly string[]

function tokenBlocks(place: HoveredPlace, vocabulary: Vocabulary): Lines[] {
  const { tokens, comparison } = place
  const pieces = textPieces(tokens.map(({ tokenId }) => vocabulary.bytesOf(tokenId)))
  return tokens.map((token, i) => {
    const shown = elementAt(pieces, i)
      .map((piece) => piece.shown)
      .join('')
    const top = token.score?.top ?? []
    const lines = tokenLines(shown, token, place)
    return [
      ...lines,
      ...comparedLines(token, comparison),
      ...alternativeLines(top, token.tokenId, vocabulary),
    ]
  })
}

/** `·catch  p 0.077 %  rank 74 of 50,257  10.35 bits`, and in a later window `(512 of 1,900 tokens before)` */
function tokenLines(shown: string, { score, context }: ScoredToken, { model }: PlacePrediction): Lines {
  const token = isolate(fit(shown, Math.min(textWidth(shown), MAX_TOKEN_WIDTH)))
  if (score === null) return withoutPrediction(token)
  const { logProb, rank, surprisal } = score
  const parts = [
    token,
    `p ${formatProbability(Math.exp(logProb))}`,
    `rank ${formatCount(rank)} of ${formatCount(model.vocabularySize)}`,
    `${formatDecimal(surprisal)} bits`,
    ...unusual(context, model),
  ]
  return [parts.join(GAP)]
}

/** `  Δ log₂ p −1.43  mini 0.12 %, mini int8 0.33 %`; no line for a token that is not compared. */
function comparedLines({ tokenId, range }: ScoredToken, comparison: PlaceComparison | undefined): Lines {
  const compared = comparison?.places.find(
    ({ token }) => token.tokenId === tokenId && token.range.start === range.start,
  )?.compared
  if (comparison === undefined || compared === undefined) return []
  const { names } = comparison
  const side = (name: string, { logProb }: ComparedToken['score']) =>
    `${name} ${formatProbability(Math.exp(logProb))}`
  const sides = `${side(names.shown, compared.score)}, ${side(names.baseline, compared.baselineScore)}`
  return [['', `Δ log₂ p ${formatSigned(deltaBits(compared))}`, oneLine(sides)].join(GAP)]
}

function nextLines(place: PlacePrediction, vocabulary: Vocabulary): Lines {
  const { distribution, tokenId, context } = place.next
  if (distribution === null) return withoutPrediction('Next:')
  const title = ['Next:', ...unusual(context, place.model)].join(GAP)
  return [title, ...alternativeLines(distribution.top, tokenId, vocabulary)]
}

/** Explains the missing prediction of a text's first token without a start token. */
function withoutPrediction(title: string): Lines {
  return [
    [title, 'no prediction, because no token precedes it'].join(GAP),
    `${GAP}Turn on the setting Start Token to get one.`,
  ]
}

/** The conditions of the numbers that a reader would not expect: int8, or fewer tokens before than are available. */
function unusual({ seen, available }: SeenContext, { id, precision }: ModelInfo): Lines {
  const facts = [
    ...(precision === 'fp32' ? [] : [`${id} in ${precision}`]),
    ...(seen === available ? [] : [`${formatCount(seen)} of ${formatCounted(available, 'token')} before`]),
  ]
  return facts.length === 0 ? [] : [`(${facts.join(', ')})`]
}

/** Tokens and probabilities in two columns; the text's own token is marked. */
function alternativeLines(top: Alternatives, actual: NextToken['tokenId'], vocabulary: Vocabulary): Lines {
  const rows = Array.from(top, ({ tokenId, logProb }) => ({
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
