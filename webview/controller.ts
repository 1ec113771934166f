import type { Metric } from '../src/shared/numbers/metrics'
import type { HostMessage, PanelCommand, PanelMessage, TokenAddress } from '../src/shared/contracts/protocol'
import type { SamplingSettings } from '../src/shared/contracts/samplingSettings'
import { Announcements } from './announcements'
import type { Host, KeptState } from './host'
import { distributionAt } from './state/addresses'
import { initialState, type PanelState, type Sort } from './state/panelState'
import { type PanelAction, reduce } from './state/reducer'

/** What the parts of the panel may ask for. */
export interface PanelActions {
  /** Where the pick is by now; keys come faster than frames. */
  readonly picked: TokenAddress | null
  pick(address: TokenAddress, how: 'reveal' | 'select'): void
  copyRow(address: TokenAddress): void
  run(command: PanelCommand): void
  setStartToken(startToken: boolean): void
  setTopK(topK: number): void
  setMetric(metric: Metric): void
  setSampling(sampling: SamplingSettings): void
  sortBy(sort: Sort): void
  scrolled(scroll: number): void
  showKeys(shown: boolean): void
}

/** What the controller tells the view. */
export interface PanelView {
  stateChanged(): void
  announce(text: string): void
  focusTable(): void
}

/** Arrows held down pass many tokens; only where they rest is the full row of logits fetched. */
const LOGITS_DEBOUNCE_MS = 80

/** Owns the state: messages and actions change it, and what has to leave the panel leaves it here. */
export class PanelController implements PanelActions {
  private readonly announcements = new Announcements()
  private currentState: PanelState
  private kept: KeptState
  private logitsTimer: ReturnType<typeof setTimeout> | undefined
  /** The picked address that the timer or the host is busy with. */
  private logitsWantedFor: PanelState['picked'] = null

  constructor(
    private readonly host: Host,
    private readonly view: PanelView,
  ) {
    this.kept = host.kept()
    this.currentState = initialState(this.kept)
  }

  get state(): PanelState {
    return this.currentState
  }

  get picked(): TokenAddress | null {
    return this.currentState.picked
  }

  start(): void {
    this.host.post({ type: 'ready', inspectionId: this.kept.inspectionId })
  }

  receive(message: HostMessage): void {
    this.dispatch(message)
    if (message.type === 'focusTable' || (message.type === 'showInspection' && message.focus))
      this.view.focusTable()
  }

  pick(address: TokenAddress, how: 'reveal' | 'select'): void {
    this.dispatch({ type: 'pick', address })
    this.post((inspectionId) => ({ type: 'pickToken', inspectionId, ...address, how }))
  }

  copyRow(address: TokenAddress): void {
    this.post((inspectionId) => ({ type: 'copyRow', inspectionId, ...address }))
  }

  run(command: PanelCommand): void {
    this.host.post({ type: 'runCommand', command })
  }

  setStartToken(startToken: boolean): void {
    this.host.post({ type: 'setStartToken', startToken })
  }

  setTopK(topK: number): void {
    this.dispatch({ type: 'listAlternatives', topK })
    this.host.post({ type: 'setTopK', topK })
  }

  setMetric(metric: Metric): void {
    this.dispatch({ type: 'setMetric', metric })
  }

  setSampling(sampling: SamplingSettings): void {
    this.dispatch({ type: 'setSampling', sampling })
  }

  sortBy(sort: Sort): void {
    this.dispatch({ type: 'sortBy', sort })
  }

  scrolled(scroll: number): void {
    this.dispatch({ type: 'scrolled', scroll })
  }

  showKeys(shown: boolean): void {
    this.dispatch({ type: 'showKeys', shown })
  }

  private dispatch(event: HostMessage | PanelAction): void {
    const before = this.currentState
    const after = reduce(before, event)
    if (after === before) return
    this.currentState = after
    this.fetchLogits()
    this.keep()
    this.view.stateChanged()
    const announcement = this.announcements.between(before, after, performance.now())
    if (announcement !== null) this.view.announce(announcement)
  }

  /** Asks for the full row behind the picked token, once, as soon as the token is scored. */
  private fetchLogits(): void {
    const { inspection, picked, fullRow } = this.currentState
    if (picked !== this.logitsWantedFor) {
      clearTimeout(this.logitsTimer)
      this.logitsWantedFor = null
    }
    if (inspection === null || picked === null || fullRow.kind !== 'absent' || this.logitsWantedFor !== null)
      return
    if (distributionAt(inspection.sections[picked.section], picked.position) === null) return
    this.logitsWantedFor = picked
    this.logitsTimer = setTimeout(() => {
      this.post((inspectionId) => ({ type: 'requestLogits', inspectionId, ...picked }))
    }, LOGITS_DEBOUNCE_MS)
  }

  private keep(): void {
    const { inspection, restore, picked, scroll, metric, topK } = this.currentState
    const before = this.kept
    this.kept = {
      inspectionId: inspection?.id ?? restore?.inspectionId ?? null,
      picked: picked ?? restore?.picked ?? null,
      scroll,
      metric,
      k: topK,
    }
    const keys = Object.keys(this.kept) as (keyof KeptState)[]
    if (keys.some((key) => this.kept[key] !== before[key])) this.host.keep(this.kept)
  }

  /** Posts a message about the inspection that is shown. */
  private post(messageAbout: (inspectionId: string) => PanelMessage): void {
    const { inspection } = this.currentState
    if (inspection !== null) this.host.post(messageAbout(inspection.id))
  }
}
