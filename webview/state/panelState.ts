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
import type { KeptState } from '../host'
import type { TokenLabels } from '../tokens/tokenLabels'

/** Everything that the panel shows follows from this. */
export interface PanelState {
  /** Null until the host has sent the vocabulary. */
  readonly labels: TokenLabels | null
  readonly inspection: Inspection | null
  /** The document is no longer the one that was inspected. */
  readonly outOfDate: boolean
  /** What stands in place of an inspection, or above the one before. */
  readonly notice: PanelNotice | null
  readonly picked: TokenAddress | null
  /** The logits behind the picked token. */
  readonly fullRow: FullRow
  readonly columns: readonly Column[]
  readonly sort: Sort
  readonly metric: Metric
  /** How many alternatives the detail pane lists. */
  readonly topK: number
  readonly sampling: SamplingSettings
  readonly keysShown: boolean
  /** Pixels that the table is scrolled by, as far as a reload has to know. */
  readonly scroll: number
  /** What was picked when the window was closed; used once, when that inspection comes back. */
  readonly restore: Pick<KeptState, 'inspectionId' | 'picked'> | null
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

export const TEXT_ORDER: Sort = { column: 'position', direction: 'ascending' }
export const ABSENT_ROW: FullRow = { kind: 'absent' }

export function initialState({ inspectionId, picked, scroll, metric, k }: KeptState): PanelState {
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
