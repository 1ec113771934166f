import type { PanelCalls } from '../../src/shared/contracts/panel/panelCalls'
import { elementAt } from '../../src/shared/elementAt'
import type { RpcClient } from '../../src/shared/rpc'
import type { PanelState } from '../state/inspection/panelState'
import type { LogitsAction } from '../state/inspection/reducer'
import { distributionAt } from '../state/rows/addresses'
import { NewestCall } from './newestCall'

export interface LogitsControllerOptions {
  readonly state: () => PanelState
  readonly dispatch: (action: LogitsAction) => void
  readonly calls: RpcClient<PanelCalls>
}

/** A held arrow key passes many tokens; the full row of logits is requested only where it stops. */
const DEBOUNCE_MS = 80

/** Requests the picked token's full row of logits, once for each pick, as soon as the token is scored. */
export class LogitsController {
  private timer: ReturnType<typeof setTimeout> | undefined
  /** The pick whose row is requested, or will be when the timer ends. */
  private requestedFor: PanelState['picked'] = null
  private readonly call: NewestCall<'logits'>

  constructor(private readonly options: LogitsControllerOptions) {
    this.call = new NewestCall(options.calls, 'logits')
  }

  /** Called after each change of the state. */
  follow(): void {
    const { inspection, picked, fullRow } = this.options.state()
    if (picked !== this.requestedFor) {
      clearTimeout(this.timer)
      this.requestedFor = null
    }
    if (inspection === null || picked === null || fullRow.kind !== 'absent') return
    if (this.requestedFor !== null) return
    if (distributionAt(elementAt(inspection.sections, picked.section), picked.position) === null) return
    this.requestedFor = picked
    this.timer = setTimeout(this.ask, DEBOUNCE_MS)
  }

  /** Requests the row again, after loading it failed. */
  retry(): void {
    this.requestedFor = null
    this.options.dispatch({ type: 'retryLogits' })
  }

  private readonly ask = (): void => {
    const { state, dispatch } = this.options
    const { inspection, picked } = state()
    if (inspection === null || picked === null) return
    const address = { inspectionId: inspection.id, ...picked }
    this.call.ask(address, {
      onResult: (logits) => {
        dispatch({ type: 'logitsLoaded', ...address, logits })
      },
      onFailure: ({ message }) => {
        dispatch({ type: 'logitsFailed', ...address, message })
      },
    })
  }
}
