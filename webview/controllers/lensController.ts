import type { ComparisonSide } from '../../src/shared/contracts/panel/comparison'
import type { CallFailure, PanelCalls } from '../../src/shared/contracts/panel/panelCalls'
import { elementAt } from '../../src/shared/elementAt'
import type { RpcClient } from '../../src/shared/rpc'
import { unscoredReason } from '../../src/shared/text/unscored'
import { baselineAt } from '../state/rows/comparedRows'
import { type LensEvent, lensRowsOf } from '../state/explanations/lens'
import type { LensCells } from '../state/explanations/lensCells'
import type { PanelState } from '../state/inspection/panelState'
import { NewestCall } from './newestCall'

export interface LensControllerOptions {
  readonly state: () => PanelState
  readonly dispatch: (event: LensEvent) => void
  readonly calls: RpcClient<PanelCalls>
}

/** The positions [from, end) of a section. */
export interface LensRange {
  readonly section: number
  readonly from: number
  readonly end: number
}

/** While the user scrolls, rows are requested only where it stops. */
const DEBOUNCE_MS = 80

/** The actions of the components of the tab Lens. Requests the rows that are visible and not computed yet. */
export class LensController {
  private visible: LensRange | null = null
  /** When the visible columns changed last, in milliseconds. */
  private movedAt = -Infinity
  private timer: ReturnType<typeof setTimeout> | undefined
  /** The range that was visible when the last request was sent. */
  private seenByRequest: LensRange | null = null
  /** The last request; it is not repeated, even if its answer lacks rows. */
  private asked: (LensRange & { readonly inspectionId: string; readonly side: ComparisonSide }) | null = null
  private requests = 0
  private readonly call: NewestCall<'lens'>

  constructor(private readonly options: LensControllerOptions) {
    this.call = new NewestCall(options.calls, 'lens')
  }

  /** The layer that is shown, null for the output. Newer than what the components know, as keys repeat faster than frames. */
  get layer(): number | null {
    return this.options.state().explained.layer
  }

  /** Called when other columns become visible; null if none is. */
  show(visible: LensRange | null): void {
    if (isSameRange(this.visible, visible)) return
    this.visible = visible
    this.schedule(performance.now() - this.movedAt > DEBOUNCE_MS ? 0 : DEBOUNCE_MS)
    this.movedAt = performance.now()
  }

  /** Called after each change of the state. */
  follow(): void {
    if (this.timer === undefined) this.schedule(0)
  }

  /** Cancels the work. Nothing is requested until `resume` is called. */
  cancel(): void {
    this.stopTimer()
    this.call.cancel()
    this.options.dispatch({ type: 'stopLens' })
  }

  /** Requests what is visible again, after a failure or a cancel. */
  resume(): void {
    this.asked = null
    this.options.dispatch({ type: 'resumeLens' })
  }

  colourBy(cells: LensCells): void {
    this.options.dispatch({ type: 'setLensCells', cells })
  }

  private schedule(delay: number): void {
    this.stopTimer()
    if (this.wanted() !== null) this.timer = setTimeout(this.ask, delay)
  }

  private stopTimer(): void {
    clearTimeout(this.timer)
    this.timer = undefined
  }

  private readonly ask = (): void => {
    this.timer = undefined
    const { state, dispatch } = this.options
    const wanted = this.wanted()
    const { inspection, side } = state()
    if (wanted === null || inspection === null) return
    const inspectionId = inspection.id
    const request = ++this.requests
    this.asked = { ...wanted, inspectionId, side }
    this.seenByRequest = this.visible
    dispatch({ type: 'askLens', request })
    const ended = (failure: CallFailure | null) => {
      dispatch({ type: 'lensEnded', inspectionId, request, failure })
    }
    this.call.ask(
      { inspectionId, side, ...wanted },
      {
        onProgress: (rows) => {
          dispatch({ type: 'lensRows', inspectionId, side, section: wanted.section, ...rows })
        },
        onResult: () => {
          ended(null)
        },
        onFailure: ended,
      },
    )
  }

  /** The range to request now; null if nothing is missing, or is being computed already. */
  private wanted(): LensRange | null {
    const { inspection, lens, side } = this.options.state()
    const { kind } = lens.progress
    if (kind === 'cancelled' || kind === 'failed') return null
    const missing = this.missing()
    if (missing === null) return null
    const { asked } = this
    const isOfThisRun = asked?.inspectionId === inspection?.id && asked?.side === side
    if (isOfThisRun && isSameRange(asked, missing)) return null
    // Unless the user has scrolled, the request that runs computes the first of the missing rows.
    const isAnswering = isOfThisRun && kind === 'running' && isSameRange(this.seenByRequest, this.visible)
    return isAnswering ? null : missing
  }

  /** The rows that are shown and predicted from something, from the first to the last that is not computed. */
  private missing(): LensRange | null {
    const { inspection, lens, side } = this.options.state()
    const range = this.visible ?? this.shownInPrediction()
    if (inspection === null || range === null || inspection.sections[range.section] === undefined) return null
    const { section } = range
    const end = Math.min(range.end, elementAt(inspection.sections, section).tokens.length + 1)
    let first: number | null = null
    let last = range.from
    for (let position = range.from; position < end; position++) {
      const address = { section, position }
      const isPredicted =
        side === 'shown'
          ? unscoredReason(inspection, address) === null
          : baselineAt(inspection, address) !== null
      if (!isPredicted || lensRowsOf(lens, side).at(address) !== null) continue
      first ??= position
      last = position
    }
    return first === null ? null : { section, from: first, end: last + 1 }
  }

  /** The picked token, if the tab Prediction shows a layer of it. */
  private shownInPrediction(): LensRange | null {
    const { picked, explained } = this.options.state()
    if (picked === null || explained.layer === null) return null
    const { section, position } = picked
    return { section, from: position, end: position + 1 }
  }
}

function isSameRange(a: LensRange | null, b: LensRange | null): boolean {
  return a?.section === b?.section && a?.from === b?.from && a?.end === b?.end
}
