// Results as plain text: tables for the clipboard and a document for screen readers.

import { assertNever } from '../../../shared/assertNever'
import type { Inspection, Section } from '../../../shared/contracts/panel/inspection'
import type { Distribution, TokenPrediction, TokenScore } from '../../../shared/contracts/engine/prediction'
import type { TokenAddress } from '../../../shared/contracts/panel/protocol'
import { elementAt } from '../../../shared/elementAt'
import { scoredCount, summarize } from '../../../shared/numbers/summary'
import { formatCounted, formatDuration, formatWholePercent } from '../../../shared/text/format'
import { describeGeneration, isTyped } from '../../../shared/text/generation'
import { oneLine } from '../../../shared/text/plainMessage'
import { speakRow } from '../../../shared/text/spokenRow'
import { showToken, speakToken } from '../../../shared/text/tokenText'
import type { Vocabulary } from '../../../shared/text/vocabulary'
import { comparisonStateLines, sideLines } from './comparedText'
import { FIGURE_HEADINGS, figureCells } from '../csv/comparisonColumns'
import { type Cell, formatTextCell } from '../csv/csvCells'
import { describeProvenance, describeSummary } from '../provenance'
import { sectionTitle } from './sectionTitle'

/** Tab-separated tables for a spreadsheet, one for each section: provenance, column names, one line for each token. */
export function formatTables(inspection: Inspection, vocabulary: Vocabulary): string {
  return inspection.sections
    .map((section) => formatRows(inspection, section, rowsOf(section), vocabulary))
    .join('\n')
}

/** The table with only one row; empty if the row is not scored yet. */
export function formatRow(inspection: Inspection, address: TokenAddress, vocabulary: Vocabulary): string {
  const section = elementAt(inspection.sections, address.section)
  const rows = rowsOf(section).filter(({ position }) => position === address.position)
  return rows.length === 0 ? '' : formatRows(inspection, section, rows, vocabulary)
}

/** For each section its provenance and its token ids, as a list in the syntax of Python and JavaScript. */
export function formatTokenIds(inspection: Inspection): string {
  return inspection.sections
    .map((section) => {
      const ids = section.tokens.map(({ tokenId }) => tokenId)
      return `${provenanceLine(inspection, section)}\n[${ids.join(', ')}]\n`
    })
    .join('\n')
}

/** A document for reading or for a screen reader: the most surprising tokens, then all tokens. */
export function formatResults(inspection: Inspection, vocabulary: Vocabulary): string {
  const { documentName, model, sections, generation } = inspection
  return [
    oneLine(`Logitscope: ${documentName}`),
    ...(generation === undefined ? [] : [describeGeneration(generation)]),
    oneLine([`${model.id}: ${model.description}`, ...model.remarks].join(' · ')),
    describeState(inspection),
    ...comparisonStateLines(inspection),
    ...sections.flatMap((section) => ['', ...resultLines(inspection, section, vocabulary)]),
    '',
  ].join('\n')
}

/** A token of a section, or the distribution after its last token. */
interface Row {
  readonly position: number
  /** Null for the distribution after the last token. */
  readonly tokenId: number | null
  readonly score: TokenScore | null
  readonly distribution: Distribution | null
}

function rowsOf({ tokens, predictions, next }: Section): Row[] {
  const rows = Array.from(predictions, ({ position, tokenId, score }): Row => {
    return { position, tokenId, score, distribution: score }
  })
  if (next !== null) {
    rows.push({ position: tokens.length, tokenId: null, score: null, distribution: next })
  }
  return rows
}

function provenanceOf({ model, startToken, context }: Inspection, { contextTokens }: Section): string {
  const { id, precision, backend, remarks } = model
  return describeProvenance({
    model: id,
    precision,
    backend,
    remarks,
    startToken,
    context,
    contextTokens,
    temperature: 1,
  })
}

/** One cell of a spreadsheet: the names have no tabs and line ends, and `#` starts no formula. */
function provenanceLine(inspection: Inspection, section: Section): string {
  const title = sectionTitle(inspection, section)
  return oneLine(`# ${inspection.documentName}, ${title} · ${provenanceOf(inspection, section)}`)
}

const COLUMNS = [
  'position',
  'token',
  'tokenId',
  'logit',
  'logProb',
  'probability',
  'rank',
  'surprisal',
  'entropy',
  'expected',
]

function formatRows(
  inspection: Inspection,
  section: Section,
  rows: readonly Row[],
  vocabulary: Vocabulary,
): string {
  const index = inspection.sections.indexOf(section)
  const sides = sideLines(inspection, index)
  const figures = sides.length === 0 ? [] : FIGURE_HEADINGS
  const cells = rows.map((row) => {
    const compared = figureCells(inspection, { section: index, position: row.position })
    return [...rowCells(row, vocabulary), ...figures.map((_, i) => cellText(elementAt(compared, i)))]
  })
  const lines = [[...COLUMNS, ...figures], ...cells].map((line) => line.join('\t'))
  const head = [provenanceLine(inspection, section), ...sides.map((line) => `# ${line}`)]
  return [...head, ...lines, ''].join('\n')
}

/** Tokens are shown with marks for white space, so no token can break a line or a cell. */
function rowCells({ position, tokenId, score, distribution }: Row, vocabulary: Vocabulary): string[] {
  const show = (id: number) => showToken(vocabulary.bytesOf(id))
  return [
    tokenId === null ? 'next' : String(position),
    tokenId === null ? '' : formatTextCell(show(tokenId)),
    plain(tokenId),
    plain(score?.logit),
    plain(score?.logProb),
    plain(score && Math.exp(score.logProb)),
    plain(score?.rank),
    plain(score?.surprisal),
    plain(distribution?.entropy),
    formatTextCell(
      Array.from(
        distribution?.top ?? [],
        ({ tokenId, logProb }) => `${show(tokenId)} ${formatWholePercent(Math.exp(logProb))}`,
      ).join('  '),
    ),
  ]
}

/** float32 has about 7 significant decimal digits. */
const SIGNIFICANT_DIGITS = 7

/** A number in a form that spreadsheets parse; empty for null. */
function plain(value: number | null | undefined): string {
  return value === null || value === undefined ? '' : String(Number(value.toPrecision(SIGNIFICANT_DIGITS)))
}

function cellText(cell: Cell): string {
  return typeof cell === 'number' ? plain(cell) : String(cell ?? '')
}

function describeState({ state, sections }: Inspection): string {
  const scored = scoredCount(sections)
  switch (state.kind) {
    case 'running':
      return `Still running; ${formatCounted(scored, 'token')} so far.`
    case 'done':
      return `Done in ${formatDuration(state.seconds)}.`
    case 'cancelled':
      return `Cancelled after ${formatCounted(scored, 'token')}.`
    case 'interrupted':
      return `Interrupted after ${formatCounted(scored, 'token')}.`
    case 'failed':
      return `Failed after ${formatCounted(scored, 'token')}: ${state.message}`
    default:
      return assertNever(state)
  }
}

const MAX_SURPRISING = 10

function resultLines(inspection: Inspection, section: Section, vocabulary: Vocabulary): string[] {
  const { tokens, predictions, windows } = section
  const speak = (tokenId: number) => speakToken(vocabulary.bytesOf(tokenId))
  const index = inspection.sections.indexOf(section)
  const line = (row: Row) => {
    const typed = isTyped(inspection, index, row.position)
    const unscored = row.distribution === null ? 'noContext' : null
    return speakRow({ ...row, tokenCount: tokens.length, unscored, typed }, speak)
  }
  const surprising = mostSurprising(predictions)
  const surprisals = Array.from(predictions, (prediction) => surprisalOf(prediction))
  const rows = rowsOf(section)
  return [
    oneLine(`${capitalize(sectionTitle(inspection, section))} · ${provenanceOf(inspection, section)}`),
    describeSummary(summarize(surprisals, windows)),
    '',
    surprising.length === 1
      ? 'The most surprising token:'
      : `The ${surprising.length} most surprising tokens:`,
    ...surprising.map(({ position }) => line(elementAt(rows, position))),
    '',
    'All tokens, one per line:',
    ...rows.map(line),
  ]
}

/** Most surprising first; of equal ones the earlier first. */
function mostSurprising(predictions: Section['predictions']): TokenPrediction[] {
  return [...predictions]
    .filter(({ score }) => score !== null)
    .sort((a, b) => (surprisalOf(b) ?? 0) - (surprisalOf(a) ?? 0))
    .slice(0, MAX_SURPRISING)
}

function surprisalOf({ score }: TokenPrediction): number | null {
  return score?.surprisal ?? null
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
