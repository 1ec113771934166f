// The state of the tab Lens: the rows that are computed, the work on further ones, and what cells are coloured by.

import { assertNever } from '../../../src/shared/assertNever'
import type { ComparisonSide } from '../../../src/shared/contracts/panel/comparison'
import { decodeLensRows, LensRows } from '../../../src/shared/contracts/panel/lensRows'
import type { LensRow } from '../../../src/shared/contracts/engine/explanation'
import type { CallFailure } from '../../../src/shared/contracts/panel/panelCalls'
import type { LensRowsMessage } from '../../../src/shared/contracts/panel/protocol'
import { LENS_CELLS, type LensCells } from './lensCells'

export interface LensState {
  /** Of the shown inspection. */
  readonly rows: LensRows
  /** Of what it is compared with, at the addresses of the shown side. */
  readonly baselineRows: LensRows
  readonly progress: LensProgress
  readonly cells: LensCells
}

export type LensProgress =
  | { readonly kind: 'idle' }
  | { readonly kind: 'running'; readonly request: number }
  /** Nothing is requested until the user resumes. */
  | { readonly kind: 'cancelled' }
  | ({ readonly kind: 'failed' } & CallFailure)

/** Rows of the shown inspection that the host sends or answers with, and the actions of the page. */
export type LensEvent = LensRowsMessage | LensAction

export type LensAction =
  /** The page counts its requests. */
  | { readonly type: 'askLens'; readonly request: number }
  /** All rows of a request were received, or computing them failed. */
  | {
      readonly type: 'lensEnded'
      readonly inspectionId: string
      readonly request: number
      readonly failure: CallFailure | null
    }
  | { readonly type: 'stopLens' }
  | { readonly type: 'resumeLens' }
  | { readonly type: 'setLensCells'; readonly cells: LensCells }

const IDLE: LensProgress = { kind: 'idle' }

export function initialLens(cells: LensCells): LensState {
  return { rows: LensRows.EMPTY, baselineRows: LensRows.EMPTY, progress: IDLE, cells }
}

/** The computed rows of a side. */
export function lensRowsOf({ rows, baselineRows }: LensState, side: ComparisonSide): LensRows {
  return side === 'shown' ? rows : baselineRows
}

/** After the baseline has changed: its rows and the work on them are gone. */
export function withoutBaseline(lens: LensState): LensState {
  return { ...lens, baselineRows: LensRows.EMPTY, progress: IDLE }
}

/** The same object if nothing changes. */
export function reduceLens(lens: LensState, event: LensEvent): LensState {
  switch (event.type) {
    case 'lensRows':
      return event.side === 'shown'
        ? { ...lens, rows: withRows(lens.rows, event) }
        : { ...lens, baselineRows: withRows(lens.baselineRows, event) }
    case 'lensEnded':
      return lens.progress.kind === 'running' && lens.progress.request === event.request
        ? { ...lens, progress: event.failure === null ? IDLE : { kind: 'failed', ...event.failure } }
        : lens
    case 'askLens':
      return { ...lens, progress: { kind: 'running', request: event.request } }
    case 'stopLens':
      return lens.progress.kind === 'running' ? { ...lens, progress: { kind: 'cancelled' } } : lens
    case 'resumeLens':
      return { ...lens, progress: IDLE }
    case 'setLensCells':
      return { ...lens, cells: event.cells }
    default:
      return assertNever(event)
  }
}

/** Rows that are null are not computed; those after them keep their positions. */
function withRows(rows: LensRows, { section, position, rows: bytes }: LensRowsMessage): LensRows {
  let added = rows
  let run: LensRow[] = []
  const decoded = [...decodeLensRows(bytes), null]
  for (const [i, row] of decoded.entries()) {
    if (row !== null) run.push(row)
    else if (run.length > 0) {
      added = added.with({ section, position: position + i - run.length }, run)
      run = []
    }
  }
  return added
}

/** Validates what an older version may have saved. */
export function parseLensCells(value: unknown): LensCells {
  return LENS_CELLS.find((known) => known === value) ?? 'shownProbability'
}
