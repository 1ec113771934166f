import type { Metric } from '../../src/shared/numbers/metrics'
import type { Inspection } from '../../src/shared/contracts/prediction'
import {
  type Column,
  DEFAULT_COLUMNS,
  type ShowEmptyMessage,
  type TokenAddress,
} from '../../src/shared/contracts/protocol'
import type { Remedy } from '../../src/shared/contracts/remedies'
import { NEUTRAL_SAMPLING, type SamplingSettings } from '../../src/shared/contracts/samplingSettings'
import type { SavedState } from '../host'
import type { TokenLabels } from '../tokens/tokenLabels'

/** The panel's whole state. Everything shown is computed from it. */
export interface PanelState {
  /** Null until the host has sent the vocabulary. */
  readonly labels: TokenLabels | null
  readonly inspection: Inspection | null
  /** The document is no longer the one that was inspected. */
  readonly outOfDate: boolean
  /** Shown instead of an inspection, or above the previous one. */
  readonly notice: PanelNotice | null
  readonly picked: TokenAddress | null
  /** The full row of logits that the picked token is scored with. */
  readonly fullRow: FullRow
  readonly columns: readonly Column[]
  readonly sort: Sort
  readonly metric: Metric
  /** How many alternatives the detail pane lists. */
  readonly topK: number
  readonly sampling: SamplingSettings
  readonly keysShown: boolean
  /** Scroll offset of the table in pixels, as saved for a reload. */
  readonly scroll: number
  /** The saved pick. Used once, when the inspection is shown again after a reload. */
  readonly restore: Pick<SavedState, 'inspectionId' | 'picked'> | null
}

export type PanelNotice =
  | { readonly kind: 'empty'; readonly reason: ShowEmptyMessage['reason'] }
  | { readonly kind: 'preparing'; readonly note: string }
  | { readonly kind: 'failed'; readonly message: string; readonly remedies: readonly Remedy[] }

export type FullRow =
  | { readonly kind: 'absent' }
  | { readonly kind: 'loaded'; readonly logits: Float32Array }
  | { readonly kind: 'failed'; readonly message: string }

/** Columns that rows can be ordered by. */
export type SortColumn = Exclude<Column, 'alternatives'> | 'position'

export interface Sort {
  readonly column: SortColumn
  readonly direction: 'ascending' | 'descending'
}

/** The order of the text; compared by identity. */
export const TEXT_ORDER: Sort = { column: 'position', direction: 'ascending' }
export const ABSENT_ROW: FullRow = { kind: 'absent' }

/** The state before the host has sent anything. */
export function initialState({ inspectionId, picked, scroll, metric, k }: SavedState): PanelState {
  return {
    labels: null,
    inspection: null,
    outOfDate: false,
    notice: null,
    picked: null,
    fullRow: ABSENT_ROW,
    columns: DEFAULT_COLUMNS,
    sort: TEXT_ORDER,
    metric,
    topK: k,
    sampling: NEUTRAL_SAMPLING,
    keysShown: false,
    scroll,
    restore: { inspectionId, picked },
  }
}
