import { html, type TemplateResult } from 'lit'

import type { SideNames } from '../../../../src/shared/text/comparisonText'
import { formatProbability } from '../../../../src/shared/text/format'
import type { Side } from '../../../state/rows/comparison'
import type { ClosedList, MirroredToken, SideShare } from '../../../state/comparison/mirroredTokens'
import { tokenTemplate } from '../../../tokens/pieces'
import type { TokenLabels } from '../../../tokens/tokenLabels'
import { sideTag } from '../../base/sideTag'
import { listedTokenTitle } from '../../base/candidates'

export interface MirrorOptions {
  readonly list: ClosedList
  /** The number of lines is the same for every token; the rest is blank. */
  readonly lines: number
  /** Id of the actual token; null for what follows the text. */
  readonly actual: number | null
  readonly names: SideNames
  readonly labels: TokenLabels
}

/** The tokens of both distributions, with the shown side's bars to the left and the baseline's to the right. */
export function mirrorTemplate(options: MirrorOptions): TemplateResult {
  const { list, lines, names } = options
  const { first, actual } = list
  const known = [...first, ...(actual === null ? [] : [actual])].flatMap(({ shown, baseline }) => [
    shown,
    baseline,
  ])
  const maxShare = Math.max(Number.MIN_VALUE, ...known.filter(isKnown).map(({ probability }) => probability))
  const line = (token: MirroredToken) => lineTemplate(token, { ...options, maxShare })
  const used = first.length + (actual === null ? 0 : 2)
  return html`<table class="mirror" aria-label="Most likely tokens of both sides">
    <colgroup>
      <col class="side-share" />
      <col />
      <col class="label" />
      <col />
      <col class="side-share" />
    </colgroup>
    <thead>
      <tr>
        <th class="shown" colspan="2" scope="col">${sideTag('plus', names.shown)}</th>
        <td class="label"></td>
        <th colspan="2" scope="col">${sideTag('minus', names.baseline)}</th>
      </tr>
    </thead>
    <tbody>
      ${first.map(line)}
      ${
        actual === null
          ? ''
          : html`<tr class="gap">
                <td colspan="5" aria-label="Less likely tokens, not listed">⋮</td>
              </tr>
              ${line(actual)}`
      }
      ${Array.from(
        { length: Math.max(0, lines - used) },
        () =>
          html`<tr class="blank" aria-hidden="true">
            <td colspan="5"></td>
          </tr>`,
      )}
    </tbody>
  </table>`
}

interface LineOptions extends MirrorOptions {
  /** The share that the longest bar stands for. */
  readonly maxShare: number
}

function lineTemplate(
  { tokenId, shown, baseline }: MirroredToken,
  { actual, labels, names, maxShare }: LineOptions,
): TemplateResult {
  const isActual = tokenId === actual
  return html`<tr
    class="candidate ${isActual ? 'actual' : ''}"
    aria-label="${labels.speak(tokenId)}${isActual ? ', actual token' : ''}"
    data-alternative=${tokenId}
  >
    ${numberTemplate(shown, names.shown)}
    <td class="bar">${barTemplate('plus', shown, maxShare)}</td>
    <td class="label" title=${listedTokenTitle(tokenId, { actual, labels })}>
      <code>${tokenTemplate(labels.piecesOf(tokenId))}</code>
    </td>
    <td class="bar">${barTemplate('minus', baseline, maxShare)}</td>
    ${numberTemplate(baseline, names.baseline)}
  </tr>`
}

function numberTemplate({ probability, isBound }: SideShare, name: string): TemplateResult {
  const text = formatProbability(probability)
  if (!isBound) return html`<td class="number">${text}</td>`
  return html`<td class="number dim" title="Not among the most likely tokens of ${name}">≤${text}</td>`
}

/** Minimum width of a bar in per cent of its column, so that it stays visible. */
const MIN_WIDTH = 1.5

/** A token that a side does not list has no bar. */
function barTemplate(side: Side, share: SideShare, maxShare: number): TemplateResult {
  const width = isKnown(share) ? Math.max(MIN_WIDTH, (share.probability / maxShare) * 100) : 0
  const start = side === 'plus' ? 100 - width : 0
  return html`<svg aria-hidden="true">
    <rect class=${side} x="${start.toFixed(2)}%" width="${width.toFixed(2)}%" y="3" height="9" />
  </svg>`
}

function isKnown({ isBound }: SideShare): boolean {
  return !isBound
}
