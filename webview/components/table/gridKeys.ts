/** The row that a key leads to, of rows 0 to `last`; null where the key means something else. */
export function rowTarget(key: string, current: number, last: number, rowsPerPage: number): number | null {
  const page = Math.max(1, rowsPerPage - 1) // one row stays in sight
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
