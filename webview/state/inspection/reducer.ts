import { assertNever } from '../../../src/shared/assertNever'
import type { ComparisonSide } from '../../../src/shared/contracts/panel/comparison'
import type { RowAddress } from '../../../src/shared/contracts/panel/panelCalls'
import type {
  CallMessage,
  HostMessage,
  SetComparisonMessage,
  TokenAddress,
} from '../../../src/shared/contracts/panel/protocol'
import type { SamplingSettings } from '../../../src/shared/contracts/engine/samplingSettings'
import { Vocabulary } from '../../../src/shared/text/vocabulary'
import { TokenLabels } from '../../tokens/tokenLabels'
import { isAddressIn, isSameAddress } from '../rows/addresses'
import type { ColourBy } from '../rows/colouring'
import { type Explained, OUTPUT_OF_TOKEN } from './explained'
import { type LensAction, type LensEvent, reduceLens, withoutBaseline } from '../explanations/lens'
import { ABSENT_ROW, type PanelState, type PredictionPart, type Sort } from './panelState'
import { applyUpdate, isKnown, showInspection } from './shownInspection'
import { openTab, type Tab } from './tabs'
import { type FirstTokenAction, reduceWhy, type WhyAction } from '../explanations/why'

/** An action of the user, or the answer to a question of the page. */
export type PanelAction =
  | { readonly type: 'pick'; readonly address: TokenAddress }
  | { readonly type: 'sortBy'; readonly sort: Sort }
  | { readonly type: 'colourBy'; readonly by: ColourBy }
  | { readonly type: 'setTopK'; readonly topK: number }
  | { readonly type: 'setSampling'; readonly sampling: SamplingSettings }
  | { readonly type: 'setPartOpen'; readonly part: PredictionPart; readonly open: boolean }
  | { readonly type: 'explain'; readonly change: Partial<Explained> }
  | { readonly type: 'explainSide'; readonly side: ComparisonSide }
  | { readonly type: 'openTab'; readonly tab: Tab }
  | { readonly type: 'scrolled'; readonly scroll: number }
  | { readonly type: 'setKeysShown'; readonly shown: boolean }
  | LogitsAction
  | LensAction
  | WhyAction

export type LogitsAction =
  | { readonly type: 'retryLogits' }
  | (RowAddress & { readonly type: 'logitsLoaded'; readonly logits: Float32Array })
  | (RowAddress & { readonly type: 'logitsFailed'; readonly message: string })

/** Anything that changes the state. */
export type PanelEvent = Exclude<HostMessage, CallMessage> | PanelAction

/** The state after an event; the same object if nothing changes. */
export function reduce(state: PanelState, event: PanelEvent): PanelState {
  switch (event.type) {
    case 'vocabulary':
      return { ...state, labels: new TokenLabels(new Vocabulary(event.bytes, event.offsets)) }
    case 'showInspection':
      return showInspection(state, event)
    case 'appendPredictions':
    case 'setNext':
    case 'setState':
    case 'setModel':
    case 'setDocument':
    case 'setComparisonState':
    case 'appendCompared':
      return applyUpdate(state, event)
    case 'setComparison':
      return setComparison(state, event)
    case 'setDocumentState':
      return isKnown(state, event) ? { ...state, documentState: event.state } : state
    case 'showNotice':
      return { ...state, upcoming: null, notice: event.notice }
    case 'setLayout':
      return { ...state, layout: event.layout }
    case 'pickFromEditor':
      return isKnown(state, event) ? pick(state, event) : state
    case 'logitsLoaded':
      return isPicked(state, event) ? { ...state, fullRow: { kind: 'loaded', logits: event.logits } } : state
    case 'logitsFailed':
      return isPicked(state, event)
        ? { ...state, fullRow: { kind: 'failed', message: event.message } }
        : state
    case 'settings':
      return { ...state, columns: event.columns, topK: event.topK }
    case 'setNativeOffer':
      return { ...state, offersNative: event.isOffered }
    case 'focusTable':
      return state
    case 'pick':
      return pick(state, event.address)
    case 'sortBy':
      return { ...state, sort: event.sort }
    case 'colourBy':
      return setColour(state, event.by)
    case 'setTopK':
      return { ...state, topK: event.topK }
    case 'setSampling':
      return { ...state, sampling: event.sampling }
    case 'setPartOpen':
      return setPartOpen(state, event)
    case 'retryLogits':
      return { ...state, fullRow: ABSENT_ROW }
    case 'explain':
      return { ...state, explained: { ...state.explained, ...event.change } }
    case 'explainSide':
      return explainSide(state, event.side)
    case 'openTab':
      return { ...state, tabs: openTab(state.tabs, event.tab) }
    case 'scrolled':
      return { ...state, scroll: event.scroll }
    case 'showKeys':
      return { ...state, keysShown: true }
    case 'setKeysShown':
      return { ...state, keysShown: event.shown }
    case 'lensRows':
    case 'lensEnded':
      return state.inspection?.id === event.inspectionId ? withLens(state, event) : state
    case 'askLens':
    case 'stopLens':
    case 'resumeLens':
    case 'setLensCells':
      return withLens(state, event)
    case 'setWhy':
    case 'addWhyPart':
    case 'endWhy':
    case 'setShareOrder':
    case 'setShareOpen':
    case 'setKnockedOut':
    case 'askWhy':
    case 'cancelAnswer':
    case 'askFirstToken':
      return withWhy(state, event)
    case 'firstToken':
      return contrastWithTyped(state, event)
    default:
      return assertNever(event)
  }
}

function pick(state: PanelState, { section, position }: TokenAddress): PanelState {
  const picked = { section, position }
  if (state.inspection === null || !isAddressIn(state.inspection, picked)) return state
  if (state.picked !== null && isSameAddress(state.picked, picked))
    return state.pickIsProvisional ? { ...state, pickIsProvisional: false } : state
  return {
    ...state,
    picked,
    pickIsProvisional: false,
    fullRow: ABSENT_ROW,
    explained: OUTPUT_OF_TOKEN,
  }
}

/** After a comparison, the colours before it are shown; the next one starts with its differences. */
function setComparison(state: PanelState, event: SetComparisonMessage): PanelState {
  const updated = applyUpdate(state, event)
  if (updated === state) return state
  const isOfShown = updated.inspection?.comparison !== state.inspection?.comparison
  const after = isOfShown ? withoutBaselineSide(updated) : updated
  return event.comparison === null ? { ...after, comparedColour: 'delta' } : after
}

/** The baseline is another one, or none: what was computed of it is gone. */
function withoutBaselineSide(state: PanelState): PanelState {
  const after = explainSide(state, 'shown')
  return { ...after, lens: withoutBaseline(after.lens) }
}

function setColour(state: PanelState, by: ColourBy): PanelState {
  if (state.inspection?.comparison !== undefined) return { ...state, comparedColour: by }
  return by === 'delta' ? state : { ...state, metric: by }
}

/** The sides may have other layers. */
function explainSide(state: PanelState, side: ComparisonSide): PanelState {
  if (state.side === side) return state
  return {
    ...state,
    side,
    explained: { ...state.explained, layer: null },
    lens: reduceLens(state.lens, { type: 'resumeLens' }),
  }
}

function withLens(state: PanelState, event: LensEvent): PanelState {
  const lens = reduceLens(state.lens, event)
  return lens === state.lens ? state : { ...state, lens }
}

function withWhy(state: PanelState, event: WhyAction): PanelState {
  const why = reduceWhy(state.why, event)
  return why === state.why ? state : { ...state, why }
}

/** Contrasts the explained token with the first token of a typed text. */
function contrastWithTyped(state: PanelState, event: FirstTokenAction): PanelState {
  const after = withWhy(state, event)
  if (after === state || event.tokenId === null) return after
  return { ...after, explained: { ...after.explained, contrast: { kind: 'token', tokenId: event.tokenId } } }
}

function setPartOpen(state: PanelState, { part, open }: { part: PredictionPart; open: boolean }): PanelState {
  if (state.openParts.has(part) === open) return state
  const others = [...state.openParts].filter((other) => other !== part)
  return { ...state, openParts: new Set(open ? [...others, part] : others) }
}

/** False for an answer that arrives after the user has picked another token. */
function isPicked(state: PanelState, message: TokenAddress & { inspectionId: string }): boolean {
  return isKnown(state, message) && state.picked !== null && isSameAddress(state.picked, message)
}
