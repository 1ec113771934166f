import type { ComparisonSide } from '../../src/shared/contracts/panel/comparison'
import type {
  AnswerLongRunMessage,
  HostMessage,
  PanelCommand,
  PanelLayout,
  PanelMessage,
  TokenAddress,
} from '../../src/shared/contracts/panel/protocol'
import type { SamplingSettings } from '../../src/shared/contracts/engine/samplingSettings'
import type { PanelCalls } from '../../src/shared/contracts/panel/panelCalls'
import { RpcClient, type RpcMessage } from '../../src/shared/rpc'
import { Announcements } from './announcements'
import type { SavedState } from '../state/inspection/savedState'
import type { Host } from './host'
import { LensController } from './lensController'
import { LogitsController } from './logitsController'
import type { ColourBy } from '../state/rows/colouring'
import type { Explained } from '../state/inspection/explained'
import { initialState, type PanelState, type PredictionPart, type Sort } from '../state/inspection/panelState'
import { type PanelEvent, reduce } from '../state/inspection/reducer'
import type { Place, Tab } from '../state/inspection/tabs'
import { whyQuestion } from '../state/inspection/whyQuestion'
import { WhyController } from './whyController'

/** The actions of the panel's components. */
export interface PanelActions {
  /** The current pick. Newer than the `picked` property of a component, because keys repeat faster than frames. */
  readonly picked: TokenAddress | null
  /** Picks a token in the panel and reveals or selects it in the editor. */
  pick(address: TokenAddress, how: 'reveal' | 'select'): void
  copyRow(address: TokenAddress): void
  run(command: PanelCommand): void
  setStartToken(startToken: boolean): void
  setTopK(topK: number): void
  colourBy(by: ColourBy): void
  /** Merged with the current settings, because two changes can be made within one frame. */
  setSampling(change: Partial<SamplingSettings>): void
  setPartOpen(change: { readonly part: PredictionPart; readonly open: boolean }): void
  /** Requests the picked token's full row of logits again, after loading it failed. */
  retryLogits(): void
  /** Merged with what is explained now, because two changes can be made within one frame. */
  explain(change: Partial<Explained>): void
  /** Explains this side of a comparison in Lens and Why. */
  explainSide(side: ComparisonSide): void
  readonly lens: LensController
  readonly why: WhyController
  sortBy(sort: Sort): void
  openTab(tab: Tab): void
  /** Moves a splitter while it is dragged. */
  setLayout(layout: Partial<PanelLayout>): void
  /** Stores where the splitters are, when a drag ends. */
  storeLayout(): void
  answerLongRun(part: AnswerLongRunMessage['part']): void
  dismissNotice(): void
  /** The table was scrolled to this offset, in pixels. */
  scrolled(scroll: number): void
  openKeys(): void
  closeKeys(): void
}

/** The part of the view that the controller needs. */
export interface PanelView {
  stateChanged(): void
  /** Puts the text into the live region for screen readers. */
  announce(text: string): void
  focusTable(): void
  /** Whether a place of the work area is on the screen: a narrow panel has room for only one. */
  shows(place: Place): boolean
}

/** Owns the panel's state: applies messages and actions to it, and posts messages to the extension host. */
export class PanelController implements PanelActions {
  readonly lens: LensController
  readonly why: WhyController
  private readonly logits: LogitsController
  private readonly announcements = new Announcements()
  private currentState: PanelState
  private saved: SavedState
  private receiveAnswer: ((message: RpcMessage) => void) | undefined

  constructor(
    private readonly host: Host,
    private readonly view: PanelView,
  ) {
    this.saved = host.loadState()
    this.currentState = initialState(this.saved)
    const options = {
      state: () => this.currentState,
      dispatch: (event: PanelEvent) => {
        this.dispatch(event)
      },
      calls: new RpcClient<PanelCalls>({
        send: (message) => {
          host.post({ type: 'rpc', message })
        },
        onMessage: (listener) => (this.receiveAnswer = listener),
      }),
    }
    this.logits = new LogitsController(options)
    this.lens = new LensController(options)
    this.why = new WhyController({
      ...options,
      isVisible: () => this.currentState.tabs.detail === 'why' && view.shows('detail'),
    })
  }

  get state(): PanelState {
    return this.currentState
  }

  get picked(): TokenAddress | null {
    return this.currentState.picked
  }

  /** Tells the host that the panel can receive messages. */
  start(): void {
    this.host.post({ type: 'ready', inspectionId: this.saved.inspectionId })
  }

  receive(message: HostMessage): void {
    if (message.type === 'rpc') {
      this.receiveAnswer?.(message.message)
      return
    }
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
    this.dispatch({ type: 'setTopK', topK })
    this.host.post({ type: 'setTopK', topK })
  }

  colourBy(by: ColourBy): void {
    this.dispatch({ type: 'colourBy', by })
  }

  setSampling(change: Partial<SamplingSettings>): void {
    this.dispatch({ type: 'setSampling', sampling: { ...this.currentState.sampling, ...change } })
  }

  setPartOpen(change: { readonly part: PredictionPart; readonly open: boolean }): void {
    this.dispatch({ type: 'setPartOpen', ...change })
  }

  retryLogits(): void {
    this.logits.retry()
  }

  /** Contrasts the explained token with another one. */
  contrastWith(tokenId: number): void {
    if (whyQuestion(this.currentState)?.subject.tokenId !== tokenId)
      this.explain({ contrast: { kind: 'token', tokenId } })
  }

  explainSide(side: ComparisonSide): void {
    this.dispatch({ type: 'explainSide', side })
  }

  explain(change: Partial<Explained>): void {
    this.dispatch({ type: 'explain', change })
  }

  sortBy(sort: Sort): void {
    this.dispatch({ type: 'sortBy', sort })
  }

  readonly openTab = (tab: Tab): void => {
    this.dispatch({ type: 'openTab', tab })
  }

  setLayout(layout: Partial<PanelLayout>): void {
    this.dispatch({ type: 'setLayout', layout: { ...this.currentState.layout, ...layout } })
  }

  storeLayout(): void {
    this.host.post({ type: 'storeLayout', layout: this.currentState.layout })
  }

  answerLongRun(part: AnswerLongRunMessage['part']): void {
    this.host.post({ type: 'answerLongRun', part })
  }

  dismissNotice(): void {
    this.host.post({ type: 'dismissNotice' })
  }

  scrolled(scroll: number): void {
    this.dispatch({ type: 'scrolled', scroll })
  }

  openKeys(): void {
    this.dispatch({ type: 'setKeysShown', shown: true })
  }

  closeKeys(): void {
    this.dispatch({ type: 'setKeysShown', shown: false })
  }

  private dispatch(event: PanelEvent): void {
    const before = this.currentState
    const after = reduce(before, event)
    if (after === before) return
    this.currentState = after
    this.logits.follow()
    this.lens.follow()
    this.why.follow()
    this.saveState()
    this.view.stateChanged()
    const announcement = this.announcements.between(before, after, performance.now())
    if (announcement !== null) this.view.announce(announcement)
  }

  private saveState(): void {
    const { inspection, restore, picked, scroll, metric, comparedColour, topK, tabs, explained, lens, why } =
      this.currentState
    const before = this.saved
    this.saved = {
      inspectionId: inspection?.id ?? restore?.inspectionId ?? null,
      picked: picked ?? restore?.picked ?? null,
      scroll,
      metric,
      comparedColour,
      k: topK,
      tabs,
      explained,
      lensCells: lens.cells,
      whyView: why.view,
    }
    const keys = Object.keys(this.saved) as (keyof SavedState)[]
    if (keys.some((key) => this.saved[key] !== before[key])) this.host.saveState(this.saved)
  }

  /** Posts a message about the inspection that is shown. */
  private post(messageAbout: (inspectionId: string) => PanelMessage): void {
    const { inspection } = this.currentState
    if (inspection !== null) this.host.post(messageAbout(inspection.id))
  }
}
