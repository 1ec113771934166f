import { html, nothing, type TemplateResult } from 'lit'
import { live } from 'lit/directives/live.js'

import { isCompared, sideNames } from '../../../src/shared/text/comparisonText'
import { formatParameters } from '../../../src/shared/text/format'
import { describeBackend, describeSelfTest, fitsInFp32 } from '../../../src/shared/text/modelText'
import type { Inspection } from '../../../src/shared/contracts/panel/inspection'
import {
  DEFAULT_MODEL_ID,
  type ModelInfo,
  type Precision,
  PRECISIONS,
} from '../../../src/shared/contracts/engine/prediction'
import type { PanelCommand } from '../../../src/shared/contracts/panel/protocol'
import type { PanelActions } from '../../controllers/controller'
import type { PanelState } from '../../state/inspection/panelState'
import { describeContext, describeContexts, detailsOfText } from './inspectedText'
import { startTokenTemplate } from './startToken'

const POPOVER_ID = 'model-popover'

/** Names the model and opens the popover. */
export function modelButton(
  { id, description }: ModelInfo,
  name: unknown = html`<b>${id}</b>`,
): TemplateResult {
  return html`<button
    class="model"
    popovertarget=${POPOVER_ID}
    aria-haspopup="dialog"
    title="${id}, ${description}"
  >
    ${name}<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M4 6l4 4 4-4" /></svg>
  </button>`
}

/** All about the model and how the text was read, with the controls that the header has no room for. */
export function modelPopover(
  { offersNative }: Pick<PanelState, 'offersNative'>,
  inspection: Inspection,
  actions: PanelActions,
): TemplateResult {
  const { model } = inspection
  const { nLayer, nHead, nEmbd, selfTest } = model
  return html`<div popover id=${POPOVER_ID} class="popover" role="dialog" aria-label="Model">
    <h2>${model.id} <span class="dim">${model.description}</span></h2>
    ${model.remarks.map((remark) => html`<p class="dim" title="How the model files were read">${remark}</p>`)}
    <dl>
      <dt>Size</dt>
      <dd>
        ${formatParameters(model.parameters)} parameters: ${nLayer} layers, ${nHead} heads, ${nEmbd}
        dimensions
      </dd>
      <dt>Backend</dt>
      <dd>
        ${unbroken(describeBackend(model))}${
          selfTest === undefined ? nothing : html`<p class="dim">${unbroken(describeSelfTest(selfTest))}</p>`
        }
      </dd>
      <dt>Context</dt>
      <dd>
        ${describeContext(inspection)}${detailsOfText(inspection).map((detail) => html`<p class="dim">${detail}</p>`)}
      </dd>
      ${baselineTemplate(inspection)}
      <dt>Precision</dt>
      <dd>${precisionTemplate(model, actions)}</dd>
      <dt class="to-519">Start token</dt>
      <dd class="to-519">${startTokenTemplate(inspection, actions)}</dd>
    </dl>
    <div class="buttons">
      ${commandButton('selectModel', 'Select Model…', actions)}
      ${model.id === DEFAULT_MODEL_ID ? commandButton('useGpt2', 'Use GPT-2', actions) : nothing}
      ${compareButtons(inspection, actions)}
      ${offersNative ? commandButton('installNative', 'Install Logitscope Native', actions) : nothing}
    </div>
  </div>`
}

/** Without a line break after the hyphen of numbers such as `2e-5`. */
function unbroken(text: string): unknown {
  return text
    .split(/(\de-\d)/)
    .map((part, i) => (i % 2 === 1 ? html`<span class="unbroken">${part}</span>` : part))
}

/** VS Code shows its own lists over the panel, so the popover closes first. */
function commandButton(command: PanelCommand, label: string, actions: PanelActions): TemplateResult {
  return html`<button
    popovertarget=${POPOVER_ID}
    popovertargetaction="hide"
    @click=${() => {
      actions.run(command)
    }}
  >
    ${label}
  </button>`
}

const PRECISION_COMMANDS: Readonly<Record<Precision, PanelCommand>> = { fp32: 'useFp32', int8: 'useInt8' }

function precisionTemplate(model: ModelInfo, actions: PanelActions): TemplateResult {
  return html`<div role="radiogroup" aria-label="Precision" class="radios">
    ${PRECISIONS.map((precision) => {
      const lacksMemory = precision === 'fp32' && !fitsInFp32(model)
      return html`<label title=${lacksMemory ? 'Exceeds the memory of WebAssembly' : nothing}>
        <input
          type="radio"
          name="precision"
          ?disabled=${lacksMemory}
          .checked=${live(precision === model.precision)}
          @change=${() => {
            actions.run(PRECISION_COMMANDS[precision])
          }}
        />
        ${precision}
      </label>`
    })}
  </div>`
}

/** The baseline of the inspection, with its precision, backend and context. */
function baselineTemplate(inspection: Inspection): TemplateResult | typeof nothing {
  if (!isCompared(inspection)) return nothing
  const { models } = inspection.comparison
  return html`<dt>Baseline</dt>
    <dd>
      ${sideNames(inspection).baseline}${
        models === null
          ? nothing
          : html`<p class="dim">
              ${models.baseline.precision} · ${unbroken(describeBackend(models.baseline))} ·
              ${describeContexts(inspection)}
            </p>`
      }
    </dd>`
}

/** The comparison with the other precision is for a scored text, and a model that fits into memory in fp32. */
function compareButtons({ model, state, comparison }: Inspection, actions: PanelActions): unknown {
  const other = model.precision === 'fp32' ? 'int8' : 'fp32'
  return html`${
    comparison === undefined && state.kind !== 'running' && fitsInFp32(model)
      ? commandButton('measurePrecisionCost', `Compare with ${other}`, actions)
      : nothing
  }
  ${commandButton('compare', 'Compare…', actions)}`
}
