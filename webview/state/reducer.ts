import { assertNever } from '../../src/shared/assertNever'
import type { Metric } from '../../src/shared/numbers/metrics'
import { type InspectionUpdate, updateInspection } from '../../src/shared/contracts/inspectionUpdate'
import type { Inspection } from '../../src/shared/contracts/prediction'
import type { HostMessage, TokenAddress } from '../../src/shared/contracts/protocol'
import { NEUTRAL_SAMPLING, type SamplingSettings } from '../../src/shared/contracts/samplingSettings'
import { Vocabulary } from '../../src/shared/text/vocabulary'
import { TokenLabels } from '../tokens/tokenLabels'
import { isAddressIn, isSameAddress } from './addresses'
import { ABSENT_ROW, type PanelState, type Sort } from './panelState'

/** A user action that changes what the panel shows. */
export type PanelAction =
  | { readonly type: 'pick'; readonly address: TokenAddress }
  | { readonly type: 'sortBy'; readonly sort: Sort }
  | { readonly type: 'setMetric'; readonly metric: Metric }
  | { readonly type: 'setTopK'; readonly topK: number }
  | { readonly type: 'setSampling'; readonly sampling: SamplingSettings }
  | { readonly type: 'scrolled'; readonly scroll: number }
  | { readonly type: 'setKeysShown'; readonly shown: boolean }

/** The state after an event; the same object if nothing changes. */
export function reduce(state: PanelState, event: HostMessage | PanelAction): PanelState {
  switch (event.type) {
    case 'vocabulary':
      return { ...state, labels: new TokenLabels(new Vocabulary(event.bytes, event.offsets)) }
    case 'showInspection':
      return showInspection(state, event.inspection)
    case 'appendPredictions':
    case 'setNext':
    case 'setState':
    case 'setModel':
    case 'setPrecisionCost':
      return applyUpdate(state, event)
    case 'setOutOfDate':
      return isShown(state, event) ? { ...state, outOfDate: event.outOfDate } : state
    case 'showEmpty':
      return { ...state, inspection: null, picked: null, notice: { kind: 'empty', reason: event.reason } }
    case 'showPreparing':
      return { ...state, notice: { kind: 'preparing', note: event.note } }
    case 'showFailure':
      return { ...state, notice: { kind: 'failed', message: event.message, remedies: event.remedies } }
    case 'pickFromEditor':
      return isShown(state, event) ? pick(state, event) : state
    case 'logits':
      return isPicked(state, event) ? { ...state, fullRow: { kind: 'loaded', logits: event.logits } } : state
    case 'logitsFailed':
      return isPicked(state, event)
        ? { ...state, fullRow: { kind: 'failed', message: event.message } }
        : state
    case 'settings':
      return { ...state, columns: event.columns, topK: event.topK }
    case 'focusTable':
      return state
    case 'pick':
      return pick(state, event.address)
    case 'sortBy':
      return { ...state, sort: event.sort }
    case 'setMetric':
      return { ...state, metric: event.metric }
    case 'setTopK':
      return { ...state, topK: event.topK }
    case 'setSampling':
      return { ...state, sampling: event.sampling }
    case 'scrolled':
      return { ...state, scroll: event.scroll }
    case 'setKeysShown':
      return { ...state, keysShown: event.shown }
    default:
      return assertNever(event)
  }
}

/** Keeps pick and scroll offset if the inspection is the same after a reload, or another run of the same document. */
function showInspection(state: PanelState, inspection: Inspection): PanelState {
  const restored = state.restore !== null && inspection.id === state.restore.inspectionId
  const rerun = inspection.documentUri === state.inspection?.documentUri
  const before = restored ? state.restore.picked : rerun ? state.picked : null
  const candidates = [before, { section: 0, position: 0 }]
  const picked = candidates.find((address) => address !== null && isAddressIn(inspection, address)) ?? null
  return {
    ...state,
    inspection,
    // A new object, because the controller requests the row of logits once for each pick.
    picked: picked === null ? null : { ...picked },
    scroll: restored || rerun ? state.scroll : 0,
    sampling: samplingFor(inspection, state),
    outOfDate: false,
    notice: null,
    fullRow: ABSENT_ROW,
    restore: null,
  }
}

/** A completion starts with the settings that it was generated with, everything else with the user's own settings. */
function samplingFor({ generation }: Inspection, { inspection, sampling }: PanelState): SamplingSettings {
  if (generation !== undefined) return generation.sampling
  return inspection?.generation === undefined ? sampling : NEUTRAL_SAMPLING
}

function pick(state: PanelState, { section, position }: TokenAddress): PanelState {
  const picked = { section, position }
  if (state.inspection === null || !isAddressIn(state.inspection, picked)) return state
  if (state.picked !== null && isSameAddress(state.picked, picked)) return state
  return { ...state, picked, fullRow: ABSENT_ROW }
}

function isShown(state: PanelState, { inspectionId }: { inspectionId: string }): boolean {
  return state.inspection?.id === inspectionId
}

/** False for an answer that arrives after the user has picked another token. */
function isPicked(state: PanelState, message: TokenAddress & { inspectionId: string }): boolean {
  return isShown(state, message) && state.picked !== null && isSameAddress(state.picked, message)
}

function applyUpdate(state: PanelState, update: InspectionUpdate): PanelState {
  if (!isShown(state, update) || state.inspection === null) return state
  return { ...state, inspection: updateInspection(state.inspection, update) }
}
