import { html, nothing, type TemplateResult } from 'lit'

import { formatWholePercent } from '../../../src/shared/text/format'
import { type Metric, stepOfScore } from '../../../src/shared/numbers/metrics'
import { speakRow } from '../../../src/shared/text/spokenRow'
import { COLUMN_VIEWS, formatNumber, numberAt, type TableColumn } from '../../state/columns'
import type { SortColumn } from '../../state/panelState'
import type { Row } from '../../state/rows'
import { tokenTemplate } from '../../tokens/pieces'
import type { TokenLabels } from '../../tokens/tokenLabels'

/** What all rows share. */
export interface RowContext {
  readonly labels: TokenLabels
  readonly metric: Metric
  readonly columns: readonly TableColumn[]
  /** The columns that stay visible in a narrow panel. */
  readonly narrow: ReadonlySet<TableColumn>
}

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
    data-position=${row.position}
  >
    ${context.columns.map((column) => cellTemplate(column, row, context))}
  </div>`
}

function speak({ token, ...row }: Row, { labels }: RowContext): string {
  return speakRow({ ...row, tokenId: token?.tokenId ?? null }, (tokenId) => labels.speak(tokenId))
}

function rowClass({ token, score }: Row): string {
  return `row ${token === null ? 'next' : ''} ${score === null ? 'unscored' : ''}`
}

function cellTemplate(column: TableColumn, row: Row, context: RowContext): TemplateResult {
  const wideOnly = context.narrow.has(column) ? '' : 'wide-only'
  if (column === 'token')
    return html`<span role="gridcell" class="cell">${tokenCellTemplate(row, context)}</span>`
  if (column === 'alternatives')
    return html`<span role="gridcell" class="cell alternatives ${wideOnly}"
      >${alternativesTemplate(row, context)}</span
    >`
  const numeric = COLUMN_VIEWS[column].numeric ? 'number' : ''
  return html`<span
    role="gridcell"
    class="cell ${numeric} ${column} ${wideOnly}"
    .textContent=${numberText(column, row)}
  ></span>`
}

function numberText(column: SortColumn, row: Row): string {
  const value = numberAt(column, row)
  return value === null ? '' : formatNumber(column, value)
}

function tokenCellTemplate({ token, score, typed }: Row, { labels, metric }: RowContext): TemplateResult {
  if (token === null) return html`<i class="next-label">next</i>`
  const step = score === null ? '' : `step${stepOfScore(metric, score)}`
  return html`<code class="token ${step} ${typed ? 'typed' : ''}"
    >${tokenTemplate(labels.piecesOf(token.tokenId))}</code
  >`
}

function alternativesTemplate({ token, distribution, settled }: Row, { labels }: RowContext): unknown {
  if (distribution === null)
    return settled && token !== null ? html`<span class="dim">no context, no prediction</span>` : nothing
  return distribution.top.slice(0, SHOWN_ALTERNATIVES).map(({ tokenId, logProb }) => {
    const actual = tokenId === token?.tokenId ? 'actual' : ''
    return html`<span class="alternative ${actual}"
      ><code>${tokenTemplate(labels.piecesOf(tokenId))}</code
      ><small .textContent=${formatWholePercent(Math.exp(logProb))}></small
    ></span>`
  })
}
