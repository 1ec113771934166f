import { html, nothing, type TemplateResult } from 'lit'
import { live } from 'lit/directives/live.js'

import {
  formatCount,
  formatCounted,
  formatDecimal,
  formatDuration,
  formatPerplexity,
} from '../../../src/shared/text/format'
import { describeGeneration } from '../../../src/shared/text/generation'
import { METRIC_SCALES, METRICS, type Metric } from '../../../src/shared/numbers/metrics'
import { describeCheck, describeModel, fitsInFp32 } from '../../../src/shared/text/modelText'
import {
  DEFAULT_MODEL_ID,
  type Inspection,
  type ModelInfo,
  type Section,
  summarizeInspection,
  tokenCount,
} from '../../../src/shared/contracts/prediction'
import type { PanelCommand } from '../../../src/shared/contracts/protocol'
import type { PanelActions } from '../../controller'

/** Which model speaks, how it runs, what it saw before, and the text's own figures. */
export function headerTemplate(
  inspection: Inspection,
  metric: Metric,
  actions: PanelActions,
): TemplateResult {
  const { model, sections, startToken, generation } = inspection
  return html`<header>
    <div class="line">
      <h1>${model.id}</h1>
      ${modelButtons(model.id, actions)}
      <span class="dim">${model.description}</span>
      ${model.remarks.map((remark) => html`<span class="dim" title="How its files were read">${remark}</span>`)}
      <span class="dim" title=${makingOf(model)}>${describeModel(model)}</span>
      ${measureButton(inspection, actions)}
      <span class="dim" title="What the model saw before the text">${describeContext(inspection)}</span>
      ${windowsTemplate(sections)} ${loneSurrogatesTemplate(sections)}
      ${generation === undefined ? startTokenSwitch(startToken, actions) : startTokenTemplate(startToken)}
    </div>
    <div class="line">
      ${generation === undefined ? nothing : html`<b>${describeGeneration(generation)}</b>`}
      ${figuresTemplate(inspection)}
      <span class="grow"></span>
      <label>
        <span class="colour-by">Colour by</span>
        <select
          @change=${(event: Event) => {
            actions.setMetric((event.target as HTMLSelectElement).value as Metric)
          }}
        >
          ${METRICS.map(
            (known) =>
              html`<option value=${known} ?selected=${known === metric}>
                ${METRIC_SCALES[known].label}
              </option>`,
          )}
        </select>
      </label>
      <span class="buttons">
        <button
          @click=${() => {
            actions.run('chooseColumns')
          }}
        >
          Columns…
        </button>
        <button
          @click=${() => {
            actions.run('exportResults')
          }}
        >
          Export…
        </button>
        <button
          aria-label="Keys"
          title="Keys (?)"
          @click=${() => {
            actions.showKeys(true)
          }}
        >
          ?
        </button>
      </span>
    </div>
  </header>`
}

/** `6 layers, 3 heads, 192 dimensions`, and how its backend was checked. */
function makingOf({ nLayer, nHead, nEmbd, check }: ModelInfo): string {
  const size = `${nLayer} layers, ${nHead} heads, ${nEmbd} dimensions`
  return check === undefined ? size : `${size}. ${describeCheck(check)}`
}

/** Whoever reads the embedded model’s numbers is one click away from GPT-2’s. */
function modelButtons(id: string, actions: PanelActions): TemplateResult {
  const button = (command: PanelCommand, label: string) =>
    html`<button
      @click=${() => {
        actions.run(command)
      }}
    >
      ${label}
    </button>`
  return html`${button('selectModel', 'Model…')}
  ${id === DEFAULT_MODEL_ID ? button('useGpt2', 'Use GPT-2') : nothing}`
}

/**
 * Beside the precision; while the text is still being scored there is nothing to measure. It stays while it measures,
 * disabled in name only: an element that is gone or disabled loses the focus.
 */
function measureButton({ model, state, precisionCost }: Inspection, actions: PanelActions): unknown {
  if (state.kind === 'running' || !fitsInFp32(model)) return nothing
  const isMeasuring = precisionCost?.kind === 'running'
  return html`<button
    title="Runs this text in the other precision, too, and compares"
    aria-disabled=${isMeasuring}
    @click=${() => {
      if (!isMeasuring) actions.run('measurePrecisionCost')
    }}
  >
    Measure Precision Cost
  </button>`
}

function startTokenSwitch(startToken: boolean, actions: PanelActions): TemplateResult {
  return html`<label title="Off: the same input as model(input_ids) in Hugging Face">
    <input
      type="checkbox"
      role="switch"
      .checked=${live(startToken)}
      @change=${(event: Event) => {
        actions.setStartToken((event.target as HTMLInputElement).checked)
      }}
    />
    starts with &lt;|endoftext|&gt;
  </label>`
}

/** What was drawn with it stays so. */
function startTokenTemplate(startToken: boolean): TemplateResult {
  return html`<span class="dim">${startToken ? 'starts with <|endoftext|>' : 'no start token'}</span>`
}

/** `412 tokens before`; of several sections, what the least and the most informed ones saw. */
function describeContext({ sections }: Inspection): string {
  const counts = sections.map((section) => section.contextTokens)
  const least = Math.min(...counts)
  const most = Math.max(...counts)
  if (most === 0) return 'no context'
  return least === most
    ? `${formatCounted(most, 'token')} before`
    : `${formatCount(least)} to ${formatCounted(most, 'token')} before`
}

function windowsTemplate(sections: readonly Section[]): unknown {
  const windows = sections.reduce((sum, section) => sum + section.windows, 0)
  if (windows <= sections.length) return nothing
  return html`<span class="dim" title="Longer than the model can see at once: scored in overlapping windows">
    ${formatCounted(windows, 'window')}
  </span>`
}

function loneSurrogatesTemplate(sections: readonly Section[]): unknown {
  const count = sections.reduce((sum, { loneSurrogates }) => sum + loneSurrogates, 0)
  if (count === 0) return nothing
  return html`<span class="dim" title="Half a surrogate pair is no character, so the model read U+FFFD there">
    ${formatCounted(count, 'lone surrogate')} read as U+FFFD
  </span>`
}

function figuresTemplate({ sections, state, generation }: Inspection): TemplateResult {
  // Candidates are no text that one could be surprised by as a whole.
  const { perplexity, bitsPerToken } = summarizeInspection(generation === undefined ? sections : [])
  const tokens = tokenCount(sections)
  const figure = (value: string, unit: string) =>
    html`<span class="figure"><b>${value}</b> <span class="dim">${unit}</span></span>`
  return html`${figure(formatCount(tokens), tokens === 1 ? 'token' : 'tokens')}
  ${perplexity === null ? nothing : figure(formatPerplexity(perplexity), 'perplexity')}
  ${bitsPerToken === null ? nothing : figure(formatDecimal(bitsPerToken), 'bits per token')}
  ${state.kind === 'done' ? html`<span class="dim">${formatDuration(state.seconds)}</span>` : nothing}`
}
