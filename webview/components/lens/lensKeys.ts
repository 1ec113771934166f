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

/** The cell that a key moves to; null if the key does not move. */
export function cellTarget(key: string, { position, layer }: LensPlace, size: LensSize): LensPlace | null {
  const { lastPosition, lastLayer, columnsPerPage } = size
  const page = Math.max(1, columnsPerPage - 1) // one column stays visible
  switch (key) {
    case 'ArrowRight':
      return { layer, position: Math.min(lastPosition, position + 1) }
    case 'ArrowLeft':
      return { layer, position: Math.max(0, position - 1) }
    case 'PageDown':
      return { layer, position: Math.min(lastPosition, position + page) }
    case 'PageUp':
      return { layer, position: Math.max(0, position - page) }
    case 'ArrowDown':
      return { position, layer: Math.min(lastLayer, layer + 1) }
    case 'ArrowUp':
      return { position, layer: Math.max(0, layer - 1) }
    case 'Home':
      return { layer, position: 0 }
    case 'End':
      return { layer, position: lastPosition }
    default:
      return null
  }
}
