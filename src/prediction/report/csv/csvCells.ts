// The cells of CSV as in RFC 4180.

/** Null becomes an empty cell. */
export type Cell = string | number | boolean | null

/** Formats one record. Numbers are not quoted; spreadsheets do not evaluate text as a formula. */
export function formatRecord(cells: readonly Cell[]): string {
  return `${formatCells(cells)}\r\n`
}

export function formatCells(cells: readonly Cell[]): string {
  return cells.map(formatCell).join(',')
}

function formatCell(cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell !== 'string') return String(cell)
  return formatTextCell(cell)
}

/** Escapes a text so that spreadsheets show it unchanged, in comma- and tab-separated files. */
export function formatTextCell(cell: string): string {
  const text = FORMULA_START.test(cell) ? `'${cell}` : cell
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Text that starts like this is evaluated as a formula by spreadsheets. */
const FORMULA_START = /^[=+\-@\t\r]/
const NEEDS_QUOTES = /[",\r\n]/

/** The same text as `String`, which keeps it in a cache: with millions of numbers, half a gigabyte of old texts. */
export function numberText(value: number): string {
  return JSON.stringify(value)
}
