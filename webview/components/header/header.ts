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
} from '../../../src/shared/contracts/prediction'
import { summarizeInspection, tokenCount } from '../../../src/shared/numbers/summary'
import type { PanelCommand } from '../../../src/shared/contracts/protocol'
import type { PanelActions } from '../../controller'

/** The model and how it runs, its context, and the figures of the inspected text. */
export function headerTemplate(
  inspection: Inspection,
  metric: Metric,
  actions: PanelActions,
): TemplateResult {
  const { model, sections, generation } = inspection
  return html`<header>
    <div class="line">
      <h1>${model.id}</h1>
      ${modelButtons(model.id, actions)}
      <span class="dim">${model.description}</span>
      ${model.remarks.map((remark) => html`<span class="dim" title="How the model files were read">${remark}</span>`)}
      <span class="dim" title=${modelDetails(model)}>${describeModel(model)}</span>
      ${measureButton(inspection, actions)}
      <span class="dim" title="Tokens before the text that the model has as context"
        >${describeContext(inspection)}</span
      >
      ${windowsTemplate(sections)} ${loneSurrogatesTemplate(sections)}
      ${generation === undefined ? startTokenSwitch(inspection, actions) : startTokenTemplate(inspection)}
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
          aria-label="Keyboard Shortcuts"
          title="Keyboard Shortcuts (?)"
          @click=${() => {
            actions.openKeys()
          }}
        >
          ?
        </button>
      </span>
    </div>
  </header>`
}

/** `6 layers, 3 heads, 192 dimensions`, and the result of the backend's check if there was one. */
function modelDetails({ nLayer, nHead, nEmbd, check }: ModelInfo): string {
  const size = `${nLayer} layers, ${nHead} heads, ${nEmbd} dimensions`
  return check === undefined ? size : `${size}. ${describeCheck(check)}`
}

/** The button that selects a model; for the embedded model also one that switches to GPT-2. */
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
 * Shown when the text is scored and the model fits into memory in fp32. During the measurement it is only marked as
 * disabled (`aria-disabled`), because an element that is removed or disabled loses the focus.
 */
function measureButton({ model, state, precisionCost }: Inspection, actions: PanelActions): unknown {
  if (state.kind === 'running' || !fitsInFp32(model)) return nothing
  const isMeasuring = precisionCost?.kind === 'running'
  return html`<button
    title="Scores this text in the other precision and compares the results"
    aria-disabled=${isMeasuring}
    @click=${() => {
      if (!isMeasuring) actions.run('measurePrecisionCost')
    }}
  >
    Measure Precision Cost
  </button>`
}

function startTokenSwitch({ startToken }: Inspection, actions: PanelActions): TemplateResult {
  return html`<label title="When off, the input is the same as model(input_ids) in Hugging Face transformers">
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

/** A completion cannot change its start token afterwards. */
function startTokenTemplate({ startToken }: Inspection): TemplateResult {
  return html`<span class="dim">${startToken ? 'starts with <|endoftext|>' : 'no start token'}</span>`
}

/** `412 tokens before`; for several sections the smallest and the largest context. */
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
  return html`<span
    class="dim"
    title="The text is longer than the model’s context, so it is scored in overlapping windows"
  >
    ${formatCounted(windows, 'window')}
  </span>`
}

function loneSurrogatesTemplate(sections: readonly Section[]): unknown {
  const count = sections.reduce((sum, { loneSurrogates }) => sum + loneSurrogates, 0)
  if (count === 0) return nothing
  return html`<span
    class="dim"
    title="An unpaired UTF-16 surrogate is not a character, so it is replaced by U+FFFD"
  >
    ${formatCounted(count, 'lone surrogate')} replaced by U+FFFD
  </span>`
}

function figuresTemplate({ sections, state, generation }: Inspection): TemplateResult {
  // No summary for a completion: perplexity over several candidates has no meaning.
  const { perplexity, bitsPerToken } = summarizeInspection(generation === undefined ? sections : [])
  const tokens = tokenCount(sections)
  const figure = (value: string, unit: string) =>
    html`<span class="figure"><b>${value}</b> <span class="dim">${unit}</span></span>`
  return html`${figure(formatCount(tokens), tokens === 1 ? 'token' : 'tokens')}
  ${perplexity === null ? nothing : figure(formatPerplexity(perplexity), 'perplexity')}
  ${bitsPerToken === null ? nothing : figure(formatDecimal(bitsPerToken), 'bits per token')}
  ${state.kind === 'done' ? html`<span class="dim">${formatDuration(state.seconds)}</span>` : nothing}`
}
