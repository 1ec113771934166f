import { assertNever } from '../../../shared/assertNever'
import type { PanelMessage } from '../../../shared/contracts/panel/protocol'
import { LensRequests, type LensRequestsOptions } from './lensRequests'
import { LogitsRequests, type LogitsRequestsOptions } from './logitsRequests'
import { WhyRequests, type WhyRequestsOptions } from './whyRequests'

export type TokenRequestsOptions = LensRequestsOptions & LogitsRequestsOptions & WhyRequestsOptions

/** The page's requests about tokens of the shown run. */
export type TokenRequest = Extract<
  PanelMessage,
  {
    type: 'requestLogits' | 'requestLens' | 'cancelLens' | 'requestWhy' | 'cancelWhy' | 'requestFirstToken'
  }
>

/** Answers the page's requests about tokens of the shown run. */
export class TokenRequests {
  private readonly logits: LogitsRequests
  private readonly lens: LensRequests
  private readonly why: WhyRequests

  constructor(options: TokenRequestsOptions) {
    this.logits = new LogitsRequests(options)
    this.lens = new LensRequests(options)
    this.why = new WhyRequests(options)
  }

  async answer(message: TokenRequest): Promise<void> {
    switch (message.type) {
      case 'requestLogits':
        return this.logits.answer(message)
      case 'requestLens':
        return this.lens.answer(message)
      case 'cancelLens':
        this.lens.cancel()
        return
      case 'requestWhy':
        return this.why.answer(message)
      case 'cancelWhy':
        this.why.cancel()
        return
      case 'requestFirstToken':
        return this.why.answerFirstToken(message)
      default:
        assertNever(message)
    }
  }

  /** Sends a page that has just loaded what is known already. */
  postAll(): Promise<void> {
    return this.lens.postAll()
  }

  /** Cancels work on the baseline's side, whose model is about to be unloaded. */
  cancelBaseline(): void {
    this.lens.cancelBaseline()
    this.why.cancelBaseline()
  }

  /** Cancels all work, when another run is shown or the panel is closed. */
  cancel(): void {
    this.lens.cancel()
    this.why.cancel()
  }
}
