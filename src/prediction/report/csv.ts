// CSV as in RFC 4180. CSV has no comments, so every record names the model and the settings of its numbers.

import type {
  Alternatives,
  Distribution,
  Inspection,
  Section,
  TokenPrediction,
} from '../../shared/contracts/prediction'
import type { Vocabulary } from '../../shared/text/vocabulary'
import { joinRecords, type Piece } from './pieces'
import { decodeToken } from './report'

/** One record for each token, and one for the distribution after the last token of each section. */
export function csvPieces(inspection: Inspection, vocabulary: Vocabulary): Generator<Piece> {
  return joinRecords(csvRecords(inspection, vocabulary))
}

function* csvRecords(inspection: Inspection, vocabulary: Vocabulary): Generator<string> {
  const { topK, sections } = inspection
  yield formatRecord(headings(topK))
  for (const [index, section] of sections.entries()) {
    const provenance = provenanceOf(inspection, section, index + 1)
    const record = (cells: readonly Cell[], top: Alternatives) =>
      `${formatCells([...provenance, ...cells])}${alternativesText(top, topK, vocabulary)}\r\n`
    for (const prediction of section.predictions)
      yield record(predictionCells(prediction, vocabulary), prediction.score?.top ?? [])
    if (section.next !== null) yield record(nextCells(section.next), section.next.top)
  }
}

/** Null becomes an empty cell. */
type Cell = string | number | boolean | null

/** Formats one record. Numbers are not quoted; spreadsheets do not evaluate text as a formula. */
export function formatRecord(cells: readonly Cell[]): string {
  return `${formatCells(cells)}\r\n`
}

function formatCells(cells: readonly Cell[]): string {
  return cells.map(formatCell).join(',')
}

function formatCell(cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell !== 'string') return String(cell)
  return formatTextCell(cell)
}

/** Escapes a text so that spreadsheets show it unchanged, in comma- and tab-separated files. */
export function formatTextCell(cell: string): string {
  const text = FORMULA_START.test(cell) ? `'${cell}` : cell
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Text that starts like this is evaluated as a formula by spreadsheets. */
const FORMULA_START = /^[=+\-@\t\r]/
const NEEDS_QUOTES = /[",\r\n]/

const PROVENANCE_HEADINGS = [
  'model',
  'precision',
  'backend',
  'remarks',
  'startToken',
  'context',
  'contextTokens',
  'section',
]
const TOKEN_HEADINGS = ['position', 'tokenId', 'token', 'partial', 'start', 'end']
const SCORE_HEADINGS = ['logitsRow', 'logit', 'logProb', 'rank', 'surprisal', 'entropy']

function headings(topK: number): string[] {
  const alternatives = Array.from({ length: topK }, (_, i) =>
    ['TokenId', 'Token', 'Logit', 'LogProb'].map((name) => `top${i + 1}${name}`),
  )
  return [...PROVENANCE_HEADINGS, ...TOKEN_HEADINGS, ...SCORE_HEADINGS, ...alternatives.flat()]
}

function provenanceOf({ model, startToken, context }: Inspection, section: Section, number: number): Cell[] {
  const { id, precision, backend, remarks } = model
  return [id, precision, backend, remarks.join('; '), startToken, context, section.contextTokens, number]
}

function predictionCells(prediction: TokenPrediction, vocabulary: Vocabulary): Cell[] {
  const { position, tokenId, range, partial, score } = prediction
  const token = [position, tokenId, decodeToken(vocabulary.bytesOf(tokenId)), partial, range.start, range.end]
  if (score === null) return [...token, ...SCORE_HEADINGS.map(() => null)]
  const { logitsRow, logit, logProb, rank, surprisal, entropy } = score
  return [...token, logitsRow, logit, logProb, rank, surprisal, entropy]
}

function nextCells({ logitsRow, entropy }: Distribution): Cell[] {
  const token = ['next', ...TOKEN_HEADINGS.slice(1).map(() => null)]
  return [...token, logitsRow, null, null, null, null, entropy]
}

/**
 * The cells of the alternatives, each after a comma, padded to `topK` alternatives, because all records must have the
 * same number of cells.
 */
function alternativesText(top: Alternatives, topK: number, vocabulary: Vocabulary): string {
  const texts = Array.from(top.slice(0, topK), ({ tokenId, logit, logProb }) => {
    const token = formatTextCell(decodeToken(vocabulary.bytesOf(tokenId)))
    return `,${tokenId},${token},${numberText(logit)},${numberText(logProb)}`
  })
  return texts.join('') + NO_ALTERNATIVE.repeat(topK - texts.length)
}

const NO_ALTERNATIVE = ',,,,'

/** The same text as `String`, which keeps it in a cache: with millions of numbers, half a gigabyte of old texts. */
function numberText(value: number): string {
  return JSON.stringify(value)
}
