import type { CallFailure, PanelCalls, WhyQuestion } from '../../src/shared/contracts/panel/panelCalls'
import type { RpcClient } from '../../src/shared/rpc'
import type { PanelState } from '../state/inspection/panelState'
import type { ShareOrder } from '../state/explanations/shares'
import { isSameQuestion, type WhyAction } from '../state/explanations/why'
import { whyQuestion } from '../state/inspection/whyQuestion'
import { NewestCall } from './newestCall'

export interface WhyControllerOptions {
  readonly state: () => PanelState
  readonly dispatch: (action: WhyAction) => void
  readonly calls: RpcClient<PanelCalls>
  /** Whether the tab Why is on the screen. */
  readonly isVisible: () => boolean
}

/** A held arrow key passes many tokens; only the one where it stops is explained. */
const DEBOUNCE_MS = 80

/** The actions of the components of the tab Why. Asks the host about the picked token while the tab is on the screen. */
export class WhyController {
  /** The question that is asked, or will be when the timer ends. */
  private current: WhyQuestion | null = null
  private timer: ReturnType<typeof setTimeout> | undefined

  private readonly call: NewestCall<'why'>
  private readonly firstTokenCall: NewestCall<'firstToken'>

  constructor(private readonly options: WhyControllerOptions) {
    this.call = new NewestCall(options.calls, 'why')
    this.firstTokenCall = new NewestCall(options.calls, 'firstToken')
  }

  /** Called after each change of the state, and of what is on the screen. */
  follow(): void {
    const { isVisible, state } = this.options
    const wanted = whyQuestion(state())
    if (isSameQuestion(this.current, wanted)) return
    clearTimeout(this.timer)
    if (isVisible()) {
      this.current = wanted
      if (wanted !== null) this.timer = setTimeout(this.ask, DEBOUNCE_MS)
    } else if (this.current !== null) {
      this.current = null
      this.call.cancel()
    }
  }

  setOrder(order: ShareOrder): void {
    this.options.dispatch({ type: 'setShareOrder', order })
  }

  setOpen(id: string, open: boolean): void {
    this.options.dispatch({ type: 'setShareOpen', id, open })
  }

  /** Knocks these rows of the picked token's window out, and brings all others back. */
  knockOut(rows: readonly number[]): void {
    const question = whyQuestion(this.options.state())
    if (question === null) return
    const { inspectionId, section, position, side } = question.subject
    const inOrder = rows.toSorted((a, b) => a - b)
    this.options.dispatch({
      type: 'setKnockedOut',
      knockedOut: { inspectionId, section, position, side, rows: inOrder },
    })
  }

  /** Contrasts the explained token with the first token of a text. */
  contrastWithText(text: string): void {
    const { dispatch } = this.options
    const onResult = (tokenId: number | null) => {
      dispatch({ type: 'firstToken', text, tokenId })
    }
    dispatch({ type: 'askFirstToken', text })
    this.firstTokenCall.ask(
      { text },
      {
        onResult,
        onFailure: () => {
          onResult(null)
        },
      },
    )
  }

  /** Cancels the work on the question, which is not asked again until it changes or `retry` is called. */
  cancel(): void {
    this.call.cancel()
    this.options.dispatch({ type: 'cancelAnswer' })
  }

  /** Asks again after a failure or a cancel. */
  retry(): void {
    this.current = whyQuestion(this.options.state())
    this.ask()
  }

  private readonly ask = (): void => {
    const { dispatch } = this.options
    const question = this.current
    if (question === null) return
    const { subject } = question
    const ended = (failure: CallFailure | null) => {
      dispatch({ type: 'endWhy', subject, failure })
    }
    dispatch({ type: 'askWhy', question })
    this.call.ask(question, {
      onProgress: (update) => {
        if (update.kind === 'answer') dispatch({ type: 'setWhy', answer: update.answer })
        else dispatch({ type: 'addWhyPart', subject, part: update.part })
      },
      onResult: () => {
        ended(null)
      },
      onFailure: ended,
    })
  }
}
