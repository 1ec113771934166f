import { ACROSS, DOWN, moveByKey, pageOf, withPages } from '../base/moveByKey'

/** A cell of the lens: a column of the section and a layer. */
export interface LensPlace {
  readonly position: number
  readonly layer: number
}

export interface LensSize {
  /** The last column, `next`. */
  readonly lastPosition: number
  readonly lastLayer: number
  /** Columns that fit into the visible part of the grid. */
  readonly columnsPerPage: number
}

const COLUMN_KEYS = withPages(ACROSS)

/** The cell that a key moves to; null if the key does not move. */
export function cellTarget(key: string, { position, layer }: LensPlace, size: LensSize): LensPlace | null {
  const { lastPosition, lastLayer, columnsPerPage } = size
  const page = pageOf(columnsPerPage)
  const column = moveByKey(key, COLUMN_KEYS, { current: position, last: lastPosition, page })
  if (column !== null) return { layer, position: column }
  const row = moveByKey(key, DOWN, { current: layer, last: lastLayer })
  return row === null ? null : { position, layer: row }
}
