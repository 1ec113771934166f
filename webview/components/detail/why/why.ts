import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import { customElement, property } from 'lit/decorators.js'

import type { ComparisonSide } from '../../../../src/shared/contracts/panel/comparison'
import type { Contrast } from '../../../../src/shared/contracts/engine/explanation'
import type { Inspection } from '../../../../src/shared/contracts/panel/inspection'
import type { WhyQuestion } from '../../../../src/shared/contracts/panel/panelCalls'
import type { TokenAddress } from '../../../../src/shared/contracts/panel/protocol'
import { isSameSubject, type WhyAnswer } from '../../../../src/shared/contracts/panel/why'
import { elementAt } from '../../../../src/shared/elementAt'
import { assertNever } from '../../../../src/shared/assertNever'
import { formatDecimal, formatSigned } from '../../../../src/shared/text/format'
import { describeBackend } from '../../../../src/shared/text/modelText'
import type { PanelActions } from '../../../controllers/controller'
import type { Row, RowBlock } from '../../../state/rows/rows'
import type { ShareOrder } from '../../../state/explanations/shares'
import { effectsBySource, strongestOf } from '../../../state/explanations/sourceEffects'
import type { WhyState } from '../../../state/explanations/why'
import { tokenTemplate } from '../../../tokens/pieces'
import { setTokenContext } from '../../../tokens/tokenContext'
import type { TokenLabels } from '../../../tokens/tokenLabels'
import { textButton } from '../../base/failedComputation'
import { LightElement } from '../../base/lightElement'
import { sideSwitchTemplate, uncomparedTemplate } from '../../base/comparedSide'
import { missingPredictionTemplate } from '../../base/missingPrediction'
import { factsTemplate, titleTemplate } from '../../base/pickedToken'
import './contrast'
import { chartsTemplate } from './charts'
import { knockoutTemplate } from './knockout'
import './shareTree'
import './sources'
import { whyStatusTemplate } from './whyStatus'

/** The tab Why: what made the model predict the picked token, contrasted with another one. */
@customElement('logitscope-why')
export class WhyElement extends LightElement {
  @property({ attribute: false }) inspection!: Inspection
  /** The rows of each section. */
  @property({ attribute: false }) rows!: readonly RowBlock[]
  @property({ attribute: false }) picked!: TokenAddress
  @property({ attribute: false }) labels!: TokenLabels
  /** Null if the token is not scored. */
  @property({ attribute: false }) question: WhyQuestion | null = null
  @property({ attribute: false }) state!: WhyState
  @property({ attribute: false }) isPending = false
  /** The layer that the other views show, 0 for the embeddings; null for the output. */
  @property({ attribute: false }) layer: number | null = null
  @property({ attribute: false }) actions!: PanelActions

  /** [S] Of the answer's attribution. */
  private effects: Float64Array | null = null

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('state')) return
    const { answer } = this.state
    const { attribution = null, window } = answer ?? {}
    const before = changed.get('state')?.answer?.attribution
    if (attribution === null || window === undefined) this.effects = null
    else if (attribution !== before) this.effects = effectsBySource(attribution, window.inputIds.length)
  }

  protected override render(): TemplateResult {
    const { row, inspection, labels, question, state } = this
    const missing = row.distribution === null ? row.unscored : null
    return html`<aside
      class="detail why"
      aria-label="Why the picked token was predicted"
      @contextmenu=${this.onContextMenu}
    >
      ${titleTemplate(row, labels)} ${this.sideTemplate(row)} ${uncomparedTemplate(row, inspection)}
      <div class="answer ${row.stale ? 'stale' : ''} ${missing === null ? '' : 'blank'}">
        ${missing === null ? nothing : missingPredictionTemplate(missing, inspection, this.actions)}
        <div class="numbers">${factsTemplate(row, inspection.model.vocabularySize)}</div>
      </div>
      ${
        question === null || row.distribution === null
          ? nothing
          : html`<logitscope-contrast
                .subject=${question.subject}
                .distribution=${row.distribution}
                .typed=${state.typed}
                .labels=${labels}
                .actions=${this.actions}
              ></logitscope-contrast>
              ${this.windowNote()} ${this.backendNote()}
              <div class="explanation ${this.isStale ? 'stale' : ''}" aria-busy=${this.isPending}>
                ${this.explanationTemplate(question)}
              </div>
              ${whyStatusTemplate(this.isPending ? { kind: 'running' } : state.progress, this.actions)}`
      }
    </aside>`
  }

  protected override updated(changed: PropertyValues<this>): void {
    const before = changed.get('question')
    if (before && this.question !== null && isSameSubject(before.subject, this.question.subject))
      this.followKnockout(before.knockedOut.length, this.question.knockedOut.length)
  }

  /** Shows the effect of a further token that is knocked out, and keeps the focus when a button disappears with its token. */
  private followKnockout(before: number, after: number): void {
    if (after > before) this.querySelector('.effects')?.scrollIntoView({ block: 'nearest' })
    else if (after < before && document.activeElement === document.body) {
      const button = this.querySelector<HTMLElement>('.chips button')
      const token = this.querySelector<HTMLElement>('.sources [tabindex="0"]')
      ;(button ?? token)?.focus({ preventScroll: true })
    }
  }

  private readonly onContextMenu = ({ currentTarget }: MouseEvent) => {
    if (this.question === null || !(currentTarget instanceof HTMLElement)) return
    const { subject } = this.question
    const what = { panelView: 'why', side: subject.side, subject } as const
    setTokenContext(currentTarget, this.inspection.id, { ...this.picked, ...what })
  }

  private sideTemplate(row: Row): unknown {
    const { inspection, actions } = this
    const hasModels = (inspection.comparison?.models ?? null) !== null
    return sideSwitchTemplate({
      inspection,
      what: 'Explains',
      id: 'why',
      side: this.side,
      hasBaseline: hasModels && (row.compared !== null || row.comparedNext !== null),
      actions,
    })
  }

  private get side(): ComparisonSide {
    return this.question?.subject.side ?? 'shown'
  }

  private get row(): Row {
    return elementAt(elementAt(this.rows, this.picked.section), this.picked.position)
  }

  /** The numbers are of another token, or of another one to contrast it with, until the host has answered. */
  private get isStale(): boolean {
    const { answer } = this.state
    return answer !== null && this.question !== null && !isSameSubject(answer.subject, this.question.subject)
  }

  /** The last answer; null if what it says must not stand for the question, even for a moment. */
  private get answer(): WhyAnswer | null {
    const { answer, progress } = this.state
    const isOfInspection = answer?.subject.inspectionId === this.inspection.id
    const isReplaced = this.isPending || progress.kind === 'done'
    return isOfInspection && (!this.isStale || isReplaced) ? answer : null
  }

  private explanationTemplate({ knockedOut }: WhyQuestion): TemplateResult {
    const { answer, inspection, labels } = this
    const { model, startToken } = inspection
    const { nLayer } = model
    const layer = this.layer ?? nLayer
    return html`${chartsTemplate({ answer, nLayer, startToken, layer, labels })}
    ${this.attributionTemplate(answer)}
    ${
      answer === null
        ? nothing
        : html`<h3>${model.precision === 'int8' ? 'Earlier tokens' : 'Direct effect by source position'}</h3>
            ${this.effectsNote(answer)}
            <logitscope-sources
              .window=${answer.window}
              .startToken=${startToken}
              .effects=${this.effects}
              .knockedOut=${this.isStale ? [] : knockedOut}
              .labels=${labels}
              .why=${this.actions.why}
            ></logitscope-sources>
            <h3>Attention knockout</h3>
            ${knockoutTemplate({ answer, rows: this.isStale ? [] : knockedOut, startToken, labels, why: this.actions.why })}`
    }`
  }

  private attributionTemplate(answer: WhyAnswer | null): TemplateResult {
    const { order, open } = this.state.view
    if (this.inspection.model.precision === 'int8') return this.needsFp32Template()
    const { attribution = null } = answer ?? {}
    return html`<div class="section-head">
        <h3>Direct logit attribution</h3>
        <fieldset class="segmented" aria-label="Order">
          ${this.orderTemplate('size', 'Size', order)} ${this.orderTemplate('layer', 'Layer', order)}
        </fieldset>
      </div>
      <p class="note dim" title=${answer === null ? nothing : formulaOf(answer.subject.contrast)}>
        In logits. Direct effects only, not those through later layers.
      </p>
      ${
        answer === null || attribution === null
          ? nothing
          : html`<logitscope-shares
              .attribution=${attribution}
              .window=${answer.window}
              .startToken=${this.inspection.startToken}
              .order=${order}
              .open=${open}
              .labels=${this.labels}
              .totalName=${this.totalTemplate(answer)}
              .why=${this.actions.why}
            ></logitscope-shares>`
      }`
  }

  private orderTemplate(order: ShareOrder, label: string, chosen: ShareOrder): TemplateResult {
    return html`<label
      ><input
        type="radio"
        name="share-order"
        .checked=${order === chosen}
        @change=${() => {
          this.actions.why.setOrder(order)
        }}
      /><span>${label}</span></label
    >`
  }

  private needsFp32Template(): TemplateResult {
    return html`<h3>Direct logit attribution</h3>
      <p class="note">
        Needs fp32: in int8 the parts do not add up exactly.
        ${
          this.side === 'shown'
            ? textButton('Use fp32', () => {
                this.actions.run('useFp32')
              })
            : nothing
        }
      </p>`
  }

  private totalTemplate({ subject: { tokenId, contrast } }: WhyAnswer): TemplateResult {
    const token = this.codeTemplate(tokenId)
    switch (contrast.kind) {
      case 'token':
        return html`${token} − ${this.codeTemplate(contrast.tokenId)}`
      case 'mean':
        return html`${token} − mean`
      case 'nothing':
        return token
      default:
        return assertNever(contrast)
    }
  }

  private codeTemplate(tokenId: number): TemplateResult {
    return html`<code>${tokenTemplate(this.labels.piecesOf(tokenId))}</code>`
  }

  private effectsNote({ subject, attribution }: WhyAnswer): TemplateResult | typeof nothing {
    const { effects } = this
    if (effects === null || attribution === null) return nothing
    const { tokenId, contrast } = subject
    const all = effects.reduce((sum, effect) => sum + effect, 0)
    const below = contrast.kind === 'token' ? html`for ${this.codeTemplate(contrast.tokenId)}` : 'against it'
    return html`<p class="note dim">
      What heads read from these tokens: ${formatSigned(all)} of ${formatDecimal(attribution.total)}. Line
      above for ${this.codeTemplate(tokenId)}, below ${below}; strongest
      ${formatSigned(strongestOf(effects))}.
    </p>`
  }

  /** All parts of an answer are from one backend, which need not be that of the predictions. */
  private backendNote(): TemplateResult | typeof nothing {
    const { model } = this.answer ?? {}
    if (model === undefined) return nothing
    const predictedOn = describeBackend(this.inspection.model)
    return html`<p class="note dim">
      Computed on ${describeBackend(model)}. The predictions are from ${predictedOn}.
    </p>`
  }

  /** Beyond the first window the model does not see the text from its beginning. */
  private windowNote(): TemplateResult | typeof nothing {
    const { answer, inspection, picked } = this
    if (answer === null) return nothing
    const { contextTokens } = elementAt(inspection.sections, picked.section)
    const first = answer.window.rowOffset + Number(inspection.startToken)
    if (first <= -contextTokens) return nothing
    const begins = first < 0 ? 'in the context' : `with token ${first}`
    return html`<p class="note dim">
      The model sees a window of the text here, which begins ${begins}. Positions and sources are the
      window’s.
    </p>`
  }
}

function formulaOf(contrast: Contrast): string {
  return `f(c) = Σ (γ ⊙ u) · (c − mean(c)) / σ for each part c of the residual stream, with u = ${directionOf(contrast)}, γ of ln_f, and the mean and σ of ln_f as they are at this row; ln_f bias = u · β. The parts add up exactly. Elhage et al. 2021, A Mathematical Framework for Transformer Circuits; TransformerLens: logit attribution.`
}

function directionOf(contrast: Contrast): string {
  switch (contrast.kind) {
    case 'token':
      return 'wte[token] − wte[other token]'
    case 'mean':
      return 'wte[token] − mean of wte'
    case 'nothing':
      return 'wte[token]'
    default:
      return assertNever(contrast)
  }
}
