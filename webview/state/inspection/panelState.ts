import type { Metric } from '../../../src/shared/numbers/metrics'
import type { ComparisonSide } from '../../../src/shared/contracts/panel/comparison'
import type { Inspection } from '../../../src/shared/contracts/panel/inspection'
import {
  type Column,
  DEFAULT_COLUMNS,
  type DocumentState,
  type Notice,
  type PanelLayout,
  type ShowInspectionMessage,
  type TokenAddress,
} from '../../../src/shared/contracts/panel/protocol'
import {
  NEUTRAL_SAMPLING,
  type SamplingSettings,
} from '../../../src/shared/contracts/engine/samplingSettings'
import type { SavedState } from './savedState'
import type { TokenLabels } from '../../tokens/tokenLabels'
import type { ColourBy } from '../rows/colouring'
import type { ComparedSortColumn } from '../comparison/comparedColumns'
import type { Explained } from './explained'
import { initialLens, type LensState } from '../explanations/lens'
import type { OpenTabs } from './tabs'
import { initialWhy, type WhyState } from '../explanations/why'

/** The panel's whole state. Everything shown is computed from it. */
export interface PanelState {
  /** Null until the host has sent the vocabulary. */
  readonly labels: TokenLabels | null
  /** The shown inspection. */
  readonly inspection: Inspection | null
  /** A new run of the shown document that has no results yet; the shown inspection stays until it has. */
  readonly upcoming: UpcomingInspection | null
  /** The run before the shown one, of the same tokens: its results stay where the running one has none yet. */
  readonly previous: Inspection | null
  readonly documentState: DocumentState
  /** Shown instead of an inspection, or above the shown one. */
  readonly notice: Notice | null
  readonly picked: TokenAddress | null
  /** The panel picked the token itself, so it may pick a better one when the run is done. */
  readonly pickIsProvisional: boolean
  /** The full row of logits that the picked token is scored with. */
  readonly fullRow: FullRow
  readonly explained: Explained
  /** The side that Lens and Why explain while the inspection is compared. */
  readonly side: ComparisonSide
  readonly lens: LensState
  readonly why: WhyState
  readonly columns: readonly Column[]
  readonly sort: Sort
  /** The quantity that colours the tokens if the inspection is not compared. */
  readonly metric: Metric
  /** The quantity that colours them while it is; `delta` again in the next comparison. */
  readonly comparedColour: ColourBy
  /** How many alternatives the open list of the Prediction tab has. */
  readonly topK: number
  readonly sampling: SamplingSettings
  /** The open parts of the Prediction tab. */
  readonly openParts: ReadonlySet<PredictionPart>
  readonly tabs: OpenTabs
  readonly layout: PanelLayout
  readonly keysShown: boolean
  /** Whether to offer the installation of Logitscope Native. */
  readonly offersNative: boolean
  /** Scroll offset of the table in pixels, as saved for a reload. */
  readonly scroll: number
  /** The saved pick. Used once, when the inspection is shown again after a reload. */
  readonly restore: Pick<SavedState, 'inspectionId' | 'picked' | 'explained'> | null
}

/** An inspection and the token to pick when it is shown; null if the panel chooses. */
export type UpcomingInspection = Pick<ShowInspectionMessage, 'inspection' | 'picked'>

export type FullRow =
  | { readonly kind: 'absent' }
  | { readonly kind: 'loaded'; readonly logits: Float32Array }
  | { readonly kind: 'failed'; readonly message: string }

/** The parts of the Prediction tab that open and close: the whole list of tokens, and two sections. */
export type PredictionPart = 'list' | 'sampling' | 'computed'

/** Columns that rows can be ordered by. */
export type SortColumn = Exclude<Column, 'alternatives'> | ComparedSortColumn | 'position'

export interface Sort {
  readonly column: SortColumn
  readonly direction: 'ascending' | 'descending'
}

/** The order of the text; compared by identity. */
export const TEXT_ORDER: Sort = { column: 'position', direction: 'ascending' }
export const ABSENT_ROW: FullRow = { kind: 'absent' }

/** The state before the host has sent anything. */
export function initialState({
  inspectionId,
  picked,
  scroll,
  metric,
  comparedColour,
  k,
  tabs,
  explained,
  lensCells,
  whyView,
}: SavedState): PanelState {
  return {
    labels: null,
    inspection: null,
    upcoming: null,
    previous: null,
    documentState: 'unchanged',
    notice: null,
    picked: null,
    pickIsProvisional: false,
    fullRow: ABSENT_ROW,
    explained,
    side: 'shown',
    lens: initialLens(lensCells),
    why: initialWhy(whyView),
    columns: DEFAULT_COLUMNS,
    sort: TEXT_ORDER,
    metric,
    comparedColour,
    topK: k,
    sampling: NEUTRAL_SAMPLING,
    openParts: new Set(),
    tabs,
    layout: { stripHeight: null, detailWidth: null },
    keysShown: false,
    offersNative: false,
    scroll,
    restore: { inspectionId, picked, explained },
  }
}

/** The quantity that colours the tokens now. */
export function colourBy({ inspection, metric, comparedColour }: PanelState): ColourBy {
  return inspection?.comparison === undefined ? metric : comparedColour
}

/** The inspection that is running or was requested last, which may not be shown yet. */
export function newestInspection({ inspection, upcoming }: PanelState): Inspection | null {
  return upcoming?.inspection ?? inspection
}

/** Whether a run is being prepared or is running, so that it can be cancelled. */
export function isBusy(state: PanelState): boolean {
  return state.notice?.kind === 'preparing' || newestInspection(state)?.state.kind === 'running'
}

/** Whether the shown inspection is being compared, so that the comparison can be cancelled. */
export function isComparing({ inspection }: PanelState): boolean {
  const kind = inspection?.comparison?.state.kind
  return kind === 'loading' || kind === 'running'
}

/** Whether what is shown is about to be replaced by a new run of the same document. */
export function isReplaced({ inspection, upcoming, notice }: PanelState): boolean {
  return inspection !== null && (upcoming !== null || notice?.kind === 'preparing')
}
