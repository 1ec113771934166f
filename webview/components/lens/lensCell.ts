import { html, type TemplateResult } from 'lit'

import type { LensRow } from '../../../src/shared/contracts/engine/explanation'
import { mostLikelyAt } from '../../../src/shared/numbers/lens'
import { formatWholePercent, speakPercent } from '../../../src/shared/text/format'
import { afterLayer } from '../../../src/shared/text/layerNames'
import { describeUnscored } from '../../../src/shared/text/unscored'
import { cellClass, LENS_SCALES, type LensCells } from '../../state/explanations/lensCells'
import type { Row } from '../../state/rows/rows'
import { tokenTemplate } from '../../tokens/pieces'
import type { TokenLabels } from '../../tokens/tokenLabels'

/** One cell: what a layer predicts for a token. */
export interface LensCell {
  readonly row: Row
  /** Null if it is not computed. */
  readonly lensRow: LensRow | null
  readonly layer: number
  readonly nLayer: number
  readonly cells: LensCells
  readonly labels: TokenLabels
  readonly isInPickedColumn: boolean
  readonly isInShownRow: boolean
}

/** The DOM id of a cell, which `aria-activedescendant` refers to. */
export function lensCellId({ section, position }: Pick<Row, 'section' | 'position'>, layer: number): string {
  return `lens-${section}-${position}-${layer}`
}

export function lensCellTemplate(cell: LensCell): TemplateResult {
  const { row, layer, isInPickedColumn, isInShownRow } = cell
  const isPicked = isInPickedColumn && isInShownRow
  return html`<span
    role="gridcell"
    id=${lensCellId(row, layer)}
    class="lens-cell ${isInPickedColumn ? 'in-column' : ''} ${isInShownRow ? 'in-row' : ''} ${isPicked ? 'picked-cell' : ''}"
    aria-colindex=${row.position + 2}
    aria-selected=${isPicked}
    data-position=${row.position}
    data-layer=${layer}
    >${contentTemplate(cell)}</span
  >`
}

function contentTemplate({ row, lensRow, layer, nLayer, cells, labels }: LensCell): TemplateResult {
  const shown = lensRow === null ? undefined : mostLikelyAt(lensRow, layer, 1)[0]
  if (lensRow === null || shown === undefined) return absentTemplate(row)
  const { tokenId, logProb } = shown
  const isActual = tokenId === row.token?.tokenId
  const probability = Math.exp(logProb)
  return html`<code
    class="token ${cellClass(cells, lensRow, layer) ?? 'unjudged'} ${isActual ? 'hit' : ''}"
    title="${labels.show(tokenId)} ${formatWholePercent(probability)}${valueText(cells, lensRow, layer)}"
    aria-label="${labels.speak(tokenId)}, ${speakPercent(probability)}${isActual ? ', the actual token' : ''}, ${layer === nLayer ? 'output' : afterLayer(layer)}"
    >${tokenTemplate(labels.piecesOf(tokenId))}</code
  >`
}

/** The value that colours the cell, if it is not the probability that the tool tip has anyway. */
function valueText(cells: LensCells, lensRow: LensRow, layer: number): string {
  if (cells === 'shownProbability') return ''
  const { valueOf, format } = LENS_SCALES[cells]
  const value = valueOf(lensRow, layer)
  if (value === null) return ''
  return ` · ${cells === 'actualProbability' ? 'actual token ' : ''}${format(value)}`
}

function absentTemplate({ unscored }: Row): TemplateResult {
  const reason = unscored === null ? 'not computed yet' : describeUnscored(unscored)
  return html`<code class="token absent" title=${reason} aria-label=${reason}></code>`
}
