import { html, nothing, type TemplateResult } from 'lit'

import { formatOdds, formatWholePercent } from '../../../src/shared/text/format'
import { type Metric, stepOfScore } from '../../../src/shared/numbers/metrics'
import { speakRow } from '../../../src/shared/text/spokenRow'
import type { TokenPiece } from '../../../src/shared/text/tokenText'
import { describeUnscored } from '../../../src/shared/text/unscored'
import { formatNumber, numberAt, type TableColumn } from '../../state/columns'
import type { SortColumn } from '../../state/panelState'
import type { Row } from '../../state/rows'
import { tokenTemplate } from '../../tokens/pieces'
import type { TokenLabels } from '../../tokens/tokenLabels'

/** What all rows share. */
export interface RowContext {
  readonly labels: TokenLabels
  readonly metric: Metric
  readonly columns: readonly TableColumn[]
}

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
    aria-label=${speak(row, context)}
    title=${noteOf(row) ?? nothing}
    data-position=${row.position}
  >
    ${context.columns.map((column) => cellTemplate(column, row, context))}
  </div>`
}

function speak({ token, ...row }: Row, { labels }: RowContext): string {
  return speakRow({ ...row, tokenId: token?.tokenId ?? null }, (tokenId) => labels.speak(tokenId))
}

function rowClass({ token, score, stale }: Row): string {
  return `row ${token === null ? 'next' : ''} ${score === null ? 'unscored' : ''} ${stale ? 'stale' : ''}`
}

/** What a row says instead of numbers of this run; null if it has them. */
function noteOf({ distribution, unscored }: Row): string | null {
  if (unscored === null) return null
  return distribution === null ? describeUnscored(unscored) : 'from the previous run'
}

function cellTemplate(column: TableColumn, row: Row, context: RowContext): TemplateResult {
  if (column === 'token')
    return html`<span role="gridcell" class="cell">${tokenCellTemplate(row, context)}</span>`
  if (column === 'alternatives')
    return html`<span role="gridcell" class="cell alternatives">${alternativesTemplate(row, context)}</span>`
  return html`<span
    role="gridcell"
    class="cell number ${column}"
    title=${oddsOf(column, row) ?? nothing}
    .textContent=${numberText(column, row)}
  ></span>`
}

function oddsOf(column: SortColumn, { score }: Row): string | undefined {
  return column === 'probability' && score !== null ? formatOdds(Math.exp(score.logProb)) : undefined
}

function numberText(column: SortColumn, row: Row): string {
  const value = numberAt(column, row)
  return value === null ? '' : formatNumber(column, value)
}

function tokenCellTemplate({ token, score, typed }: Row, { labels, metric }: RowContext): TemplateResult {
  if (token === null) return html`<i class="next-label">next</i>`
  const step = score === null ? '' : `step${stepOfScore(metric, score)}`
  const pieces = labels.piecesOf(token.tokenId)
  return html`<code class="token ${step} ${typed ? 'typed' : ''}" title=${fullTextOf(pieces)}
    >${tokenTemplate(pieces)}</code
  >`
}

function alternativesTemplate(row: Row, { labels }: RowContext): unknown {
  const { token, distribution } = row
  if (distribution === null) return html`<span class="dim">${noteOf(row)}</span>`
  return distribution.top.slice(0, SHOWN_ALTERNATIVES).map(({ tokenId, logProb }) => {
    const actual = tokenId === token?.tokenId ? 'actual' : ''
    const pieces = labels.piecesOf(tokenId)
    return html`<span class="alternative ${actual}" data-alternative=${tokenId}
      ><code title=${fullTextOf(pieces)}>${tokenTemplate(pieces)}</code
      ><small .textContent=${formatWholePercent(Math.exp(logProb))}></small
    ></span>`
  })
}

/** Every column for tokens has room for this many characters, even for full-width ones. */
const NEVER_CUT = 5

/** The tool tip of a token that may be cut. */
function fullTextOf(pieces: readonly TokenPiece[]): string | typeof nothing {
  const text = pieces.map(({ shown }) => shown).join('')
  return text.length > NEVER_CUT ? text : nothing
}
