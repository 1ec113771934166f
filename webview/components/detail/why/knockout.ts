import { html, nothing, type TemplateResult } from 'lit'

import type { WhyAnswer } from '../../../../src/shared/contracts/panel/why'
import { elementAt } from '../../../../src/shared/elementAt'
import { formatFactor, formatProbability } from '../../../../src/shared/text/format'
import { tokenTemplate } from '../../../tokens/pieces'
import type { TokenLabels } from '../../../tokens/tokenLabels'
import type { WhyController } from '../../../controllers/whyController'
import { describePlace } from './places'

export interface KnockoutOptions {
  readonly answer: WhyAnswer
  /** The rows that are knocked out, in ascending order. */
  readonly rows: readonly number[]
  readonly startToken: boolean
  readonly labels: TokenLabels
  readonly why: WhyController
}

/** The effect of attention knockout of the chosen tokens on both tokens, and the new most likely token. */
export function knockoutTemplate(options: KnockoutOptions): TemplateResult {
  const { rows, answer } = options
  if (rows.length === 0) return answer.window.inputIds.length === 1 ? onlyCurrentNote : howToNote
  return html`${rows[0] === 0 ? firstTokenWarning : nothing} ${effectsTemplate(options)}`
}

const howToNote = html`<p class="note dim">
  Click a token above to knock it out: then no later token attends to it.
</p>`

const onlyCurrentNote = html`<p class="note dim">
  The model has read only the current position, which cannot be knocked out.
</p>`

const firstTokenWarning = html`<p class="note warning">
  The first token is an attention sink: heads attend to it when they have nothing to read. Knocking it out
  disturbs every prediction.
</p>`

function effectsTemplate({ answer, rows, startToken, labels, why }: KnockoutOptions): TemplateResult {
  const { subject, window, layers } = answer
  const { tokenId, contrast } = subject
  const knockout = answer.knockout?.rows.join() === rows.join() ? answer.knockout : null
  const chip = (row: number) => {
    const id = elementAt(window.inputIds, row)
    const name = `Bring back ${labels.speak(id)}, ${describePlace(row, { window, startToken })}`
    return html`<li class="chip">
      <code>${tokenTemplate(labels.piecesOf(id))}</code
      ><button
        aria-label=${name}
        title=${name}
        @click=${() => {
          why.knockOut(rows.filter((other) => other !== row))
        }}
      >
        ×
      </button>
    </li>`
  }
  const line = (id: number, side: 'plus' | 'minus', index: number) => {
    const before = layers?.[index]?.at(-1)
    const after = knockout?.logProbs[index]
    return html`<tr>
      <th scope="row"><code class="side ${side}">${tokenTemplate(labels.piecesOf(id))}</code></th>
      <td>${probabilityText(before)}</td>
      <td class="dim" aria-hidden="true">→</td>
      <td><b>${probabilityText(after)}</b></td>
      <td class="dim">
        ${before === undefined || after === undefined ? nothing : formatFactor(Math.exp(after - before))}
      </td>
    </tr>`
  }
  return html`<ul class="chips" aria-label="Knocked out">
      ${rows.map(chip)}
    </ul>
    <table
      class="effects"
      aria-label="Effect of the knockout"
      aria-live="polite"
      aria-atomic="true"
      aria-busy=${knockout === null}
    >
      <thead>
        <tr>
          <td></td>
          <th scope="col">before</th>
          <td></td>
          <th scope="col">after</th>
          <td></td>
        </tr>
      </thead>
      <tbody>
        ${line(tokenId, 'plus', 0)}
        ${contrast.kind === 'token' ? line(contrast.tokenId, 'minus', 1) : nothing}
        <tr>
          <th scope="row" colspan="3">
            <span class="dim">now most likely</span>
            ${knockout === null ? nothing : html`<code>${tokenTemplate(labels.piecesOf(knockout.top.tokenId))}</code>`}
          </th>
          <td><b>${probabilityText(knockout?.top.logProb)}</b></td>
          <td></td>
        </tr>
      </tbody>
    </table>`
}

function probabilityText(logProb: number | undefined): string {
  return logProb === undefined ? '…' : formatProbability(Math.exp(logProb))
}
