import { html, nothing, type TemplateResult } from 'lit'

import type { ModelInfo } from '../../../src/shared/contracts/engine/prediction'
import { type ComparedInspection, sideNames } from '../../../src/shared/text/comparisonText'
import { describeBackend } from '../../../src/shared/text/modelText'
import type { PanelActions } from '../../controllers/controller'
import { sideTag } from '../base/sideTag'
import { describeContexts, describePart, detailsOfText, fileName } from './inspectedText'
import { modelButton } from './modelPopover'

/** `mini vs gpt2`: what is compared, each side with its mark. The baseline's button chooses another one. */
export function sidesTemplate(inspection: ComparedInspection, actions: PanelActions): TemplateResult {
  const { documentName, model, comparison } = inspection
  const { shown, baseline } = sideNames(inspection)
  const isOfModels = comparison.baseline.kind === 'model'
  const part = describePart(inspection)
  // In a narrow panel the sides need the room, so that a model that both have is in another line.
  return html`${
      isOfModels
        ? modelButton(model, sideTag('plus', shown))
        : html`<span class="from-520">${modelButton(model)}</span>`
    }
    <span class="sides">
      ${isOfModels ? nothing : sideTag('plus', shown)}
      <span class="dim">vs</span>
      <button
        class="model baseline"
        title="Baseline: ${baseline}. Compare with another one…"
        aria-label="Baseline: ${baseline}. Compare with another one…"
        @click=${() => {
          actions.run('compare')
        }}
      >
        ${sideTag('minus', baseline)}<svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M4 6l4 4 4-4" />
        </svg>
      </button>
    </span>
    <h1
      class="document compared ${comparison.baseline.kind === 'text' ? 'is-side' : ''}"
      title="${documentName}, ${part}"
    >
      ${fileName(inspection)}<span class="dim"> ${part}</span>
    </h1>
    <span class="dim from-900">${describeRuns(inspection)}</span>
    <span class="dim from-761" title=${detailsOfText(inspection).join('\n') || nothing}
      >${describeContexts(inspection)}</span
    >`
}

/** `both fp32 · WASM, 1 thread`, `fp32 vs int8 · WASM, 1 thread` */
function describeRuns({ model, comparison: { models, baseline } }: ComparedInspection): string {
  if (models === null)
    return baseline.kind === 'model' ? '' : `both ${model.precision} · ${describeBackend(model)}`
  const both = (textOf: (model: ModelInfo) => string) => {
    const texts = [textOf(models.shown), textOf(models.baseline)]
    return texts[0] === texts[1]
      ? { isSame: true, text: texts[0] }
      : { isSame: false, text: texts.join(' vs ') }
  }
  const precision = both((model) => model.precision)
  const backend = both(describeBackend)
  return `${precision.isSame ? 'both ' : ''}${precision.text} · ${backend.text}`
}
