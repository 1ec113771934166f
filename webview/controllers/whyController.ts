import type { PanelMessage } from '../../src/shared/contracts/panel/protocol'
import type { PanelState } from '../state/inspection/panelState'
import type { ShareOrder } from '../state/explanations/shares'
import { isSameQuestion, type WhyAction, type WhyQuestion } from '../state/explanations/why'
import { whyQuestion } from '../state/inspection/whyQuestion'

export interface WhyControllerOptions {
  readonly state: () => PanelState
  readonly dispatch: (action: WhyAction) => void
  readonly post: (message: PanelMessage) => void
  /** Whether the tab Why is on the screen. */
  readonly isVisible: () => boolean
}

/** A held arrow key passes many tokens; only the one where it stops is explained. */
const DEBOUNCE_MS = 80

/** What the components of the tab Why can do. Asks the host about the picked token while the tab is on the screen. */
export class WhyController {
  /** The question that is asked, or will be when the timer ends. */
  private current: WhyQuestion | null = null
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly options: WhyControllerOptions) {}

  /** Called after each change of the state, and of what is on the screen. */
  follow(): void {
    const { isVisible, state, post } = this.options
    const wanted = whyQuestion(state())
    if (isSameQuestion(this.current, wanted)) return
    clearTimeout(this.timer)
    if (isVisible()) {
      this.current = wanted
      if (wanted !== null) this.timer = setTimeout(this.ask, DEBOUNCE_MS)
    } else if (this.current !== null) {
      this.current = null
      post({ type: 'cancelWhy' })
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

  /** Holds the explained token against the first token of a text. */
  holdAgainstText(text: string): void {
    this.options.dispatch({ type: 'askFirstToken', text })
    this.options.post({ type: 'requestFirstToken', text })
  }

  /** Cancels the work on the question, which is not asked again until it changes or `retry` is called. */
  cancel(): void {
    const { post, dispatch } = this.options
    post({ type: 'cancelWhy' })
    dispatch({ type: 'cancelAnswer' })
  }

  /** Asks again after a failure or a cancel. */
  retry(): void {
    this.current = whyQuestion(this.options.state())
    this.ask()
  }

  private readonly ask = (): void => {
    const { dispatch, post } = this.options
    if (this.current === null) return
    dispatch({ type: 'askWhy', question: this.current })
    post({ type: 'requestWhy', ...this.current })
  }
}
