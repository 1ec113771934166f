export interface GridPlace {
  readonly current: number
  /** Index of the last row. */
  readonly last: number
  /** Rows that fit into the visible part of the grid. */
  readonly rowsPerPage: number
}

/** The row that a key moves to; null if the key does not move. */
export function rowTarget(key: string, { current, last, rowsPerPage }: GridPlace): number | null {
  const page = Math.max(1, rowsPerPage - 1) // one row stays visible
  switch (key) {
    case 'ArrowDown':
      return Math.min(last, current + 1)
    case 'ArrowUp':
      return Math.max(0, current - 1)
    case 'PageDown':
      return Math.min(last, current + page)
    case 'PageUp':
      return Math.max(0, current - page)
    case 'Home':
      return 0
    case 'End':
      return last
    default:
      return null
  }
}
