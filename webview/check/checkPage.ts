import { html, nothing, type TemplateResult } from 'lit'
import { customElement, state } from 'lit/decorators.js'
import { assertNever } from '../../src/shared/assertNever'
import type {
  CheckAction,
  CheckHostMessage,
  ShownCheck,
} from '../../src/shared/contracts/check/checkProtocol'
import { verdictTitle } from '../../src/shared/text/checkText'
import { LightElement } from '../components/base/lightElement'
import { actionButton, type Act } from './actions'
import { differencesTemplate } from './differences'
import { explanationTemplate } from './explanation'
import { factsTemplate } from './facts'
import { headerTemplate } from './header'
import { historyTemplate } from './history'
import type { CheckHost } from './host'
import { verdictTemplate } from './verdict'

/** The page of Check My GPT-2: the verdict first, then what it follows from. */
@customElement('logitscope-check')
export class CheckElement extends LightElement {
  @state() private check: ShownCheck | null = null
  @state() private announcement = ''
  private host: CheckHost | undefined

  /** Starts sending what the user does. Called once. */
  connect(host: CheckHost): void {
    this.host = host
    document.addEventListener('keydown', ({ key }) => {
      if (key === 'Escape' && this.check?.activity.kind === 'checking') this.act('cancel')
    })
  }

  receive(message: CheckHostMessage): void {
    switch (message.type) {
      case 'showCheck':
        this.announce(message.check)
        this.check = message.check
        return
      case 'setActivity':
        if (this.check !== null) this.check = { ...this.check, activity: message.activity }
        return
      default:
        assertNever(message)
    }
  }

  protected override render(): TemplateResult {
    return html`<div class="visually-hidden" role="status" aria-live="polite">${this.announcement}</div>
      ${this.check === null ? this.emptyTemplate() : this.checkTemplate(this.check)}`
  }

  private emptyTemplate(): TemplateResult {
    return html`<main class="page">
      <h1>Check My GPT-2</h1>
      <p>Compare the logits of your own implementation with GPT-2’s.</p>
      <div class="buttons">${actionButton('newCheck', this.act, 'action')}</div>
    </main>`
  }

  private checkTemplate(check: ShownCheck): TemplateResult {
    const { result } = check
    return html`${headerTemplate(check, this.act)}
      <main class="check">
        ${
          result === null
            ? waitingTemplate(check.activity)
            : html`<div class="column">
                  ${verdictTemplate(result, this.act)} ${explanationTemplate(result)}
                </div>
                <div class="column">
                  ${factsTemplate(result)} ${differencesTemplate(result)} ${historyTemplate(check.history)}
                </div>`
        }
      </main>`
  }

  /** Announces each new verdict once. The first one after a reload is not new. */
  private announce({ result }: ShownCheck): void {
    if (result === null || this.check === null || result.checkedAt === this.check.result?.checkedAt) return
    this.announcement = `${verdictTitle(result.report)}.`
  }

  private readonly act: Act = (action: CheckAction) => {
    this.host?.post({ type: 'act', action })
  }
}

/** The next steps until the file exists. */
function waitingTemplate({ kind }: ShownCheck['activity']): TemplateResult | typeof nothing {
  if (kind !== 'waiting') return nothing
  return html`<section aria-label="Next steps">
    <h2>Next steps</h2>
    <ol>
      <li>Paste the copied snippet after the code that makes your model.</li>
      <li>Run it. It saves the logits in the watched file.</li>
      <li>The verdict appears here, and again after every further run.</li>
    </ol>
    <p class="dim">
      With the commented lines of the snippet, the check also finds the first part of the model that is wrong.
    </p>
  </section>`
}
