import { html, nothing, svg, type TemplateResult } from 'lit'

import { formatDecimal, formatOdds, formatProbability } from '../../../src/shared/text/format'
import { tokenTemplate } from '../../tokens/pieces'
import type { TokenLabels } from '../../tokens/tokenLabels'

/** A possible next token, with the model's probability and the one after the sampling controls. */
export interface Candidate {
  readonly tokenId: number
  /** The value that the last column shows. */
  readonly measured: number
  /** Over the full vocabulary, at temperature 1. */
  readonly probability: number
  /**
   * Probability after the sampling controls, 0 if they remove the token. `loading`: the full row of logits is not available
   * yet; `unknown`: it will not come, or the token was sampled together with others.
   */
  readonly sampled: number | 'loading' | 'unknown'
}

/** A line of the list; `loading` and `blank` keep the place of a token. */
export type CandidateLine = Candidate | 'loading' | 'blank'

export interface CandidatesOptions {
  /** The most likely tokens, most likely first. */
  readonly top: readonly CandidateLine[]
  /** The actual token if it is not in `top`; shown below a gap. The place of both is always kept. */
  readonly actualBelowTop: Candidate | null
  /** Id of the actual token; null for what follows the text. */
  readonly actual: number | null
  /** Whether there is a column for the probability after the sampling controls. */
  readonly showsSampled: boolean
  /** The last column: the raw output of the LM head, or the log-probability in nats. */
  readonly measure: 'logit' | 'log-prob'
  /** The token that the user has chosen to contrast the explained one with, if any. */
  readonly contrastId?: number | null
  readonly labels: TokenLabels
}

/** The table of the most likely tokens, with the actual one marked. Its height depends only on the number of lines. */
export function candidatesTemplate(options: CandidatesOptions): TemplateResult {
  const { top, actualBelowTop, showsSampled, measure } = options
  const shares = top.flatMap((line) => (typeof line === 'string' ? [] : sharesOf(line, showsSampled)))
  const maxShare = Math.max(...shares, Number.MIN_VALUE)
  const line = (shown: CandidateLine) => lineTemplate(shown, { ...options, maxShare })
  return html`<table class="candidates ${showsSampled ? 'with-sampled' : ''}" aria-label="Most likely tokens">
    <thead>
      <tr>
        <th class="label"><span class="heading" tabindex="-1">token</span></th>
        <td class="bar"></td>
        <th class="number raw">raw</th>
        ${showsSampled ? html`<th class="number after">sampled</th>` : nothing}
        <th class="number logit">${measure}</th>
      </tr>
    </thead>
    <tbody>
      ${top.map(line)}
      ${
        actualBelowTop === null
          ? blankTemplate(options)
          : html`<tr class="gap">
              <td colspan=${columnCount(options)} aria-label="Less likely tokens, not listed">⋮</td>
            </tr>`
      }
      ${line(actualBelowTop ?? 'blank')}
    </tbody>
  </table>`
}

/** The tool tip of a listed token: its text and id, and what a click on an alternative does. */
export function listedTokenTitle(
  tokenId: number,
  { actual, labels }: Pick<CandidatesOptions, 'actual' | 'labels'>,
): string {
  const note = tokenId === actual ? '' : ' · a click contrasts the picked token with it in Why'
  return `${labels.show(tokenId)} · id ${tokenId}${note}`
}

interface LineOptions extends CandidatesOptions {
  /** The share that the longest bar stands for. */
  readonly maxShare: number
}

function lineTemplate(line: CandidateLine, options: LineOptions): TemplateResult {
  if (line === 'blank') return blankTemplate(options)
  if (line === 'loading')
    return html`<tr class="loading">
      <td colspan=${columnCount(options)} aria-label="Loading">…</td>
    </tr>`
  const { actual, contrastId, labels, maxShare, showsSampled } = options
  const { tokenId, measured, probability, sampled } = line
  const isActual = tokenId === actual
  const isContrast = tokenId === contrastId
  const cut = showsSampled && sampled === 0
  return html`<tr
    class="candidate ${isActual ? 'actual' : ''} ${cut ? 'cut' : ''}"
    aria-label="${labels.speak(tokenId)}${isActual ? ', actual token' : ''}"
    data-alternative=${tokenId}
  >
    <td class="label" title=${listedTokenTitle(tokenId, options)}>
      <code class=${isContrast ? 'side minus' : ''}>${tokenTemplate(labels.piecesOf(tokenId))}</code>
    </td>
    <td class="bar">${barTemplate(sharesOf(line, showsSampled).map((share) => share / maxShare))}</td>
    <td class="number" title=${formatOdds(probability) ?? nothing}>${formatProbability(probability)}</td>
    ${showsSampled ? sampledTemplate(sampled) : nothing}
    <td class="number dim">${formatDecimal(measured)}</td>
  </tr>`
}

/** Keeps the place of a line, so that the list has the same height for every token. */
function blankTemplate(options: CandidatesOptions): TemplateResult {
  return html`<tr class="blank" aria-hidden="true">
    <td colspan=${columnCount(options)}></td>
  </tr>`
}

function columnCount({ showsSampled }: CandidatesOptions): number {
  return showsSampled ? 5 : 4
}

function sampledTemplate(sampled: Candidate['sampled']): TemplateResult {
  const odds = typeof sampled === 'number' ? formatOdds(sampled) : undefined
  return html`<td class="number dim" title=${odds ?? nothing}>${sampledText(sampled)}</td>`
}

function sampledText(sampled: Candidate['sampled']): string {
  if (sampled === 'loading') return '…'
  if (sampled === 'unknown') return '–'
  return sampled === 0 ? 'cut' : formatProbability(sampled)
}

/** The raw share and, if it is shown and known, the one after the sampling controls. */
function sharesOf({ probability, sampled }: Candidate, showsSampled: boolean): readonly number[] {
  return showsSampled && typeof sampled === 'number' ? [probability, sampled] : [probability]
}

/** Minimum width of a bar in per cent of the column, so that it stays visible. */
const MIN_WIDTH = 0.7

/** The bar of the raw share, with that of the sampled one below it. Both are shares of the longest bar, 0 to 1. */
function barTemplate([raw = 0, sampled = 0]: readonly number[]): TemplateResult {
  const width = (share: number) => `${Math.max(MIN_WIDTH, share * 100).toFixed(2)}%`
  return html`<svg aria-hidden="true">
    <rect class="raw" width=${width(raw)} height="8" y="2" />
    ${sampled === 0 ? nothing : svg`<rect class="sampled" width=${width(sampled)} height="2" y="11" />`}
  </svg>`
}
