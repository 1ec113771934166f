import { html, nothing, type TemplateResult } from 'lit'

import { formatOdds, formatSigned, formatWholePercent } from '../../../src/shared/text/format'
import { deltaBits } from '../../../src/shared/numbers/comparedTokens'
import type { Alternative } from '../../../src/shared/contracts/engine/prediction'
import type { TokenPiece } from '../../../src/shared/text/tokenText'
import { describeUnscored } from '../../../src/shared/text/unscored'
import { formatNumber, numberAt, type TableColumn } from '../../state/table/columns'
import type { SortColumn } from '../../state/inspection/panelState'
import type { Row } from '../../state/rows/rows'
import { tokenTemplate } from '../../tokens/pieces'
import { describeUncompared } from '../../state/rows/uncompared'
import type { TokenLabels } from '../../tokens/tokenLabels'
import { barTemplate } from '../base/signedBar'
import type { RowContext } from './rowContext'
import { speakTableRow } from './speakTableRow'

/** At most; the stylesheet hides those that do not fit. */
const SHOWN_ALTERNATIVES = 5

/** The DOM id of a row, which `aria-activedescendant` refers to. */
export function rowId({ section, position }: Pick<Row, 'section' | 'position'>): string {
  return `row-${section}-${position}`
}

/** One row of the table. `rowIndex` is its `aria-rowindex`. */
export function rowTemplate(
  row: Row,
  { rowIndex, picked }: { rowIndex: number; picked: boolean },
  context: RowContext,
): TemplateResult {
  return html`<div
    role="row"
    id=${rowId(row)}
    class="${rowClass(row)} ${picked ? 'picked' : ''}"
    aria-rowindex=${rowIndex}
    aria-selected=${picked}
    aria-label=${speakTableRow(row, context)}
    title=${noteOf(row, context) ?? nothing}
    data-position=${row.position}
  >
    ${context.columns.map((column) => cellTemplate(column, row, context))}
  </div>`
}

function rowClass({ token, score, stale }: Row): string {
  return `row ${token === null ? 'next' : ''} ${score === null ? 'unscored' : ''} ${stale ? 'stale' : ''}`
}

/** The note that a row has instead of numbers of this run; null if it has them. */
function noteOf({ distribution, unscored, uncompared }: Row, { sides }: RowContext): string | null {
  if (unscored === null)
    return sides === null || uncompared === null ? null : describeUncompared(uncompared, sides.names)
  return distribution === null ? describeUnscored(unscored) : 'from the previous run'
}

function cellTemplate(column: TableColumn, row: Row, context: RowContext): TemplateResult {
  if (column === 'token')
    return html`<span role="gridcell" class="cell">${tokenCellTemplate(row, context)}</span>`
  if (column === 'alternatives')
    return html`<span role="gridcell" class="cell alternatives">${alternativesTemplate(row, context)}</span>`
  if (column === 'shownTop' || column === 'baselineTop')
    return html`<span role="gridcell" class="cell alternatives">${topTemplate(column, row, context)}</span>`
  if (column === 'delta')
    return html`<span role="gridcell" class="cell number">${deltaTemplate(row, context)}</span>`
  return html`<span
    role="gridcell"
    class="cell number ${column}"
    title=${oddsOf(column, row) ?? nothing}
    .textContent=${numberText(column, row)}
  ></span>`
}

function oddsOf(column: SortColumn, row: Row): string | undefined {
  if (!PROBABILITIES.includes(column)) return undefined
  const probability = numberAt(column, row)
  return probability === null ? undefined : formatOdds(probability)
}

const PROBABILITIES: readonly SortColumn[] = ['probability', 'shownProbability', 'baselineProbability']

function numberText(column: SortColumn, row: Row): string {
  const value = numberAt(column, row)
  return value === null ? '' : formatNumber(column, value)
}

function tokenCellTemplate(row: Row, { labels, colouring }: RowContext): TemplateResult {
  const { token, typed } = row
  if (token === null) return html`<i class="next-label">next</i>`
  const step = colouring.classOf([row])
  const pieces = labels.piecesOf(token.tokenId)
  return html`<code class="token ${step} ${typed ? 'typed' : ''}" title=${fullTextOf(pieces)}
    >${tokenTemplate(pieces)}</code
  >`
}

function alternativesTemplate(row: Row, context: RowContext): unknown {
  const { labels } = context
  const { token, distribution } = row
  if (distribution === null) return html`<span class="dim">${noteOf(row, context)}</span>`
  const actual = token?.tokenId
  return distribution.top
    .slice(0, SHOWN_ALTERNATIVES)
    .map((alternative) => alternativeTemplate(alternative, actual, labels))
}

/** A side's most likely token. */
function topTemplate(column: 'shownTop' | 'baselineTop', row: Row, context: RowContext): unknown {
  const { compared, comparedNext, distribution, token } = row
  const side =
    column === 'shownTop'
      ? (compared?.score ?? comparedNext?.shown ?? distribution)
      : (compared?.baselineScore ?? comparedNext?.baseline)
  const top = side?.top.at(0)
  if (top !== undefined) return alternativeTemplate(top, token?.tokenId, context.labels)
  return column === 'shownTop' ? html`<span class="dim">${noteOf(row, context)}</span>` : nothing
}

function alternativeTemplate(
  { tokenId, logProb }: Alternative,
  actual: number | undefined,
  labels: TokenLabels,
): TemplateResult {
  const pieces = labels.piecesOf(tokenId)
  return html`<span class="alternative ${tokenId === actual ? 'actual' : ''}" data-alternative=${tokenId}
    ><code title=${fullTextOf(pieces)}>${tokenTemplate(pieces)}</code
    ><small .textContent=${formatWholePercent(Math.exp(logProb))}></small
  ></span>`
}

function deltaTemplate({ compared }: Row, { sides }: RowContext): unknown {
  if (compared === null || sides === null) return nothing
  const bits = deltaBits(compared)
  return html`<span class="delta-cell"
    >${barTemplate(bits, sides.scale)}<span>${formatSigned(bits)}</span></span
  >`
}

/** Every column for tokens has room for this many characters, even for full-width ones. */
const NEVER_CUT = 5

/** The tool tip of a token that may be cut. */
function fullTextOf(pieces: readonly TokenPiece[]): string | typeof nothing {
  const text = pieces.map(({ shown }) => shown).join('')
  return text.length > NEVER_CUT ? text : nothing
}
