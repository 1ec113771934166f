import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'

import type { Contrast } from '../../../../src/shared/contracts/engine/explanation'
import type { Alternative, Distribution } from '../../../../src/shared/contracts/engine/prediction'
import { isSameSubject, type WhySubject } from '../../../../src/shared/contracts/panel/why'
import { assertNever } from '../../../../src/shared/assertNever'
import { formatProbability } from '../../../../src/shared/text/format'
import type { PanelActions } from '../../../controllers/controller'
import type { TypedText } from '../../../state/explanations/why'
import { tokenTemplate } from '../../../tokens/pieces'
import type { TokenLabels } from '../../../tokens/tokenLabels'
import { LightElement } from '../../base/lightElement'

const TYPED = 'typed'

/** `Why ·Config in contrast with [·Error 57.1 %]`: the explained token, and the choice of what it is contrasted with. */
@customElement('logitscope-contrast')
export class ContrastElement extends LightElement {
  @property({ attribute: false }) subject!: WhySubject
  /** The row's distribution, whose tokens can be chosen. */
  @property({ attribute: false }) distribution!: Distribution
  @property({ attribute: false }) typed: TypedText | null = null
  @property({ attribute: false }) labels!: TokenLabels
  @property({ attribute: false }) actions!: PanelActions

  /** The field for another token is open. */
  @state() private isTyping = false
  /** The field that is closed in this update had the keyboard focus. */
  private returnsFocus = false

  protected override willUpdate(changed: PropertyValues<this>): void {
    // A token was chosen, here or elsewhere, or another token was picked.
    const before = changed.get('subject')
    if (before !== undefined && !isSameSubject(before, this.subject)) this.isTyping = false
    this.returnsFocus =
      !this.isTyping && this.querySelector('form')?.contains(document.activeElement) === true
  }

  protected override render(): TemplateResult {
    const { subject, labels } = this
    const side = subject.contrast.kind === 'token' ? 'minus' : ''
    return html`<div class="contrast">
        <span class="dim">Why</span>
        <code class="side plus" title=${labels.show(subject.tokenId)}
          >${tokenTemplate(labels.piecesOf(subject.tokenId))}</code
        >
        <label class="other"
          ><span class="dim">in contrast with</span>
          <span class="side ${side}"
            ><select @change=${this.onChange}>
              ${this.optionsTemplate()}
            </select></span
          ></label
        >
      </div>
      ${this.isTyping ? this.fieldTemplate() : nothing}`
  }

  private optionsTemplate(): unknown {
    const { subject, distribution, labels } = this
    const { tokenId, contrast } = subject
    const listed = [...distribution.top].filter((alternative) => alternative.tokenId !== tokenId)
    const isListed = (id: number) => listed.some((alternative) => alternative.tokenId === id)
    const other = contrast.kind === 'token' && !isListed(contrast.tokenId) ? contrast : null
    const selected = this.isTyping ? TYPED : valueOf(contrast)
    const option = (value: string, text: string) =>
      html`<option value=${value} .selected=${value === selected}>${text}</option>`
    return html`${other === null ? nothing : option(valueOf(other), labels.show(other.tokenId))}
    ${listed.map((alternative) => option(valueOf({ kind: 'token', ...alternative }), this.optionText(alternative)))}
    ${option('mean', 'the mean of all tokens')} ${option('nothing', 'nothing: its own logit')}
    ${option(TYPED, 'another token…')}`
  }

  private optionText({ tokenId, logProb }: Alternative): string {
    return `${this.labels.show(tokenId)}  ${formatProbability(Math.exp(logProb))}`
  }

  private fieldTemplate(): TemplateResult {
    const { typed } = this
    return html`<form class="typed-token" @submit=${this.onSubmit} @keydown=${this.onKeyDown}>
      <input
        type="text"
        name="text"
        maxlength="100"
        aria-label="Text whose first token the token is contrasted with"
        placeholder="text; its first token counts"
        title="A leading space is part of the token."
      />
      <button>Contrast</button>
      ${
        typed?.state === 'failed'
          ? html`<span class="problem" role="alert">The text could not be tokenized. Try again.</span>`
          : nothing
      }
    </form>`
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has('isTyping') && this.isTyping) this.querySelector('input')?.focus()
    if (this.returnsFocus) this.querySelector('select')?.focus()
  }

  private readonly onChange = (event: Event) => {
    const { value } = event.target as HTMLSelectElement
    this.isTyping = value === TYPED
    if (value !== TYPED) this.actions.explain({ contrast: contrastOf(value) })
  }

  private readonly onKeyDown = ({ key }: KeyboardEvent) => {
    if (key === 'Escape') this.isTyping = false
  }

  private readonly onSubmit = (event: SubmitEvent) => {
    event.preventDefault()
    const text = this.querySelector('input')?.value ?? ''
    if (text !== '') this.actions.why.contrastWithText(text)
  }
}

function valueOf(contrast: Contrast): string {
  switch (contrast.kind) {
    case 'token':
      return String(contrast.tokenId)
    case 'mean':
    case 'nothing':
      return contrast.kind
    default:
      return assertNever(contrast)
  }
}

/** The inverse of `valueOf`. */
function contrastOf(value: string): Contrast {
  return value === 'mean' || value === 'nothing' ? { kind: value } : { kind: 'token', tokenId: Number(value) }
}
