import { type InspectionUpdate, updateInspection } from '../../../src/shared/contracts/panel/inspectionUpdate'
import type { Inspection } from '../../../src/shared/contracts/panel/inspection'
import type { ShowInspectionMessage, TokenAddress } from '../../../src/shared/contracts/panel/protocol'
import {
  NEUTRAL_SAMPLING,
  type SamplingSettings,
} from '../../../src/shared/contracts/engine/samplingSettings'
import { isAddressIn } from '../rows/addresses'
import { OUTPUT_OF_TOKEN } from './explained'
import { initialLens } from '../explanations/lens'
import { mostSurprising } from '../rows/mostSurprising'
import { ABSENT_ROW, type PanelState, type UpcomingInspection } from './panelState'

/** The state after the host has shown an inspection. A new run of the shown document waits for its first results. */
export function showInspection(state: PanelState, message: ShowInspectionMessage): PanelState {
  const { inspection } = message
  const shown = state.inspection
  const waits =
    isRerun(shown, inspection) && inspection.state.kind === 'running' && !hasPredictions(inspection)
  if (waits) return { ...state, upcoming: message, documentState: 'unchanged', notice: null }
  return show({ ...state, upcoming: null, notice: null, documentState: 'unchanged' }, message)
}

/** Applies an update of the shown or the upcoming inspection; updates of others are ignored. */
export function applyUpdate(state: PanelState, update: InspectionUpdate): PanelState {
  const { inspection, upcoming } = state
  if (upcoming?.inspection.id === update.inspectionId)
    return updateUpcoming(state, {
      ...upcoming,
      inspection: updateInspection(upcoming.inspection, update),
    })
  if (inspection?.id !== update.inspectionId) return state
  const updated = { ...state, inspection: updateInspection(inspection, update) }
  return update.type === 'setState' ? ended(updated) : updated
}

/** Whether a message belongs to the inspection that is shown, or about to be shown. */
export function isKnown({ inspection, upcoming }: PanelState, message: { inspectionId: string }): boolean {
  return [inspection?.id, upcoming?.inspection.id].includes(message.inspectionId)
}

function updateUpcoming(state: PanelState, upcoming: UpcomingInspection): PanelState {
  const { inspection } = upcoming
  if (inspection.state.kind === 'running' && !hasPredictions(inspection)) return { ...state, upcoming }
  const previous = isSameText(state.inspection, inspection) ? state.inspection : null
  return ended({ ...show({ ...state, upcoming: null }, upcoming), previous })
}

/** Keeps pick and scroll offset if the inspection is the same after a reload, or another run of the same part. */
function show(state: PanelState, { inspection, picked }: UpcomingInspection): PanelState {
  const saved = state.restore?.inspectionId === inspection.id ? state.restore : null
  const restored = saved?.picked ?? null
  const rerun = isSamePart(state.inspection, inspection)
  const keptPick = rerun ? state.picked : restored
  const chosen = [picked, keptPick].find((address) => address !== null && isAddressIn(inspection, address))
  const keepsPlace = rerun || restored !== null
  const keptExplained = rerun ? state.explained : saved?.explained
  return ended({
    ...state,
    inspection,
    previous: null,
    // A new object, because the controller requests the row of logits once for each pick.
    picked: chosen === undefined || chosen === null ? firstAddress(inspection) : { ...chosen },
    pickIsProvisional: chosen === undefined || chosen === null || (rerun && state.pickIsProvisional),
    scroll: keepsPlace ? state.scroll : 0,
    sampling: samplingFor(inspection, state),
    fullRow: ABSENT_ROW,
    explained: (chosen === keptPick ? keptExplained : undefined) ?? OUTPUT_OF_TOKEN,
    ...(inspection.id === state.inspection?.id
      ? { side: state.side, lens: state.lens }
      : { side: 'shown', lens: initialLens(state.lens.cells) }),
    restore: null,
  })
}

/** When a run has ended, nothing of the previous run stays, and the panel's own pick is the most surprising token. */
function ended(state: PanelState): PanelState {
  const { inspection, pickIsProvisional } = state
  if (inspection === null || inspection.state.kind === 'running') return state
  const after = { ...state, previous: null }
  const surprising = pickIsProvisional ? mostSurprising(inspection) : null
  if (surprising === null) return after
  const { section, prediction } = surprising
  const picked = { section, position: prediction.position }
  return { ...after, picked, pickIsProvisional: false, fullRow: ABSENT_ROW, explained: OUTPUT_OF_TOKEN }
}

function firstAddress(inspection: Inspection): TokenAddress | null {
  const first = { section: 0, position: 0 }
  return isAddressIn(inspection, first) ? first : null
}

/** Whether it is another run of the same document, or of the same completion. */
export function isRerun(shown: Inspection | null, inspection: Inspection): boolean {
  return shown?.documentUri === inspection.documentUri && shown.generation === inspection.generation
}

/** Whether both are of the same part of a document, whose text may have changed. */
function isSamePart(shown: Inspection | null, inspection: Inspection): boolean {
  if (shown === null || !isRerun(shown, inspection)) return false
  const startsOf = ({ sections }: Inspection) => sections.map(({ range }) => range.start).join()
  return isSameText(shown, inspection) || startsOf(shown) === startsOf(inspection)
}

function hasPredictions({ sections }: Inspection): boolean {
  return sections.some(({ predictions, next }) => predictions.length > 0 || next !== null)
}

function isSameText(a: Inspection | null, b: Inspection): boolean {
  if (a?.sections.length !== b.sections.length) return false
  return b.sections.every(({ tokens }, i) => {
    const before = a.sections[i]?.tokens ?? []
    return before.length === tokens.length && tokens.every(({ tokenId }, k) => before[k]?.tokenId === tokenId)
  })
}

/** A completion starts with the settings that it was generated with, everything else with the user's own settings. */
function samplingFor({ generation }: Inspection, { inspection, sampling }: PanelState): SamplingSettings {
  if (generation !== undefined) return generation.sampling
  return inspection?.generation === undefined ? sampling : NEUTRAL_SAMPLING
}
