// CSV as in RFC 4180. CSV has no comments, so every record names the model and the settings of its numbers.

import type { Inspection, Section } from '../../../shared/contracts/panel/inspection'
import type { Alternatives, Distribution, TokenPrediction } from '../../../shared/contracts/engine/prediction'
import { LensRows } from '../../../shared/contracts/panel/lensRows'
import type { Vocabulary } from '../../../shared/text/vocabulary'
import { FIGURE_HEADINGS, figureCells, SIDE_HEADINGS, sideCells } from './comparisonColumns'
import { type Cell, formatCells, formatRecord, formatTextCell, numberText } from './csvCells'
import { lensHeadings, lensText } from './lensCsv'
import { layerNames } from '../json/lensReport'
import { joinRecords, type Piece } from '../pieces'
import { decodeToken } from '../report'

/**
 * One record for each token, and one for the distribution after the last token of each section. If rows of the lens are
 * computed, every record has columns for them, empty where they are not. If the inspection is compared, every record names
 * both sides and has the figures of the baseline's.
 */
export function csvPieces(
  inspection: Inspection,
  vocabulary: Vocabulary,
  lens: LensRows = LensRows.EMPTY,
): Generator<Piece> {
  return joinRecords(csvRecords(inspection, vocabulary, lens))
}

function* csvRecords(inspection: Inspection, vocabulary: Vocabulary, lens: LensRows): Generator<string> {
  const { topK, sections, model } = inspection
  const layers = lens.blocks.length === 0 ? [] : layerNames(model.nLayer)
  const comparedHeadings = sideCells(inspection, 0) === null ? [] : [...SIDE_HEADINGS, ...FIGURE_HEADINGS]
  yield formatRecord([...headings(topK), ...lensHeadings(layers), ...comparedHeadings])
  for (const [index, section] of sections.entries()) {
    const provenance = provenanceOf(inspection, section, index + 1)
    const sides = sideCells(inspection, index)
    const record = (position: number, cells: readonly Cell[], top: Alternatives) => {
      const address = { section: index, position }
      const alternatives = alternativesText(top, topK, vocabulary)
      const layersText = lensText(lens.at(address), layers, vocabulary)
      const compared =
        sides === null ? '' : `,${formatCells([...sides, ...figureCells(inspection, address)])}`
      return `${formatCells([...provenance, ...cells])}${alternatives}${layersText}${compared}\r\n`
    }
    for (const prediction of section.predictions) {
      const top = prediction.score?.top ?? []
      yield record(prediction.position, predictionCells(prediction, vocabulary), top)
    }
    if (section.next !== null) yield record(section.tokens.length, nextCells(section.next), section.next.top)
  }
}

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
