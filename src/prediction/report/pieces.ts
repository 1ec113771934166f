/** A part of an export. */
export interface Piece {
  readonly text: string
  /** Number of the export's records that end in this piece or an earlier one; a record is a token or a heading. */
  readonly records: number
}

/** Large enough to be written at once, and made in a few milliseconds even with 100 alternatives for each token. */
export const PIECE_UNITS = 32_768

/** Joins the text of records to pieces of at least `PIECE_UNITS` UTF-16 units, except the last one. */
export function* joinRecords(texts: Iterable<string>): Generator<Piece> {
  let joined: string[] = []
  let units = 0
  let records = 0
  for (const text of texts) {
    joined.push(text)
    units += text.length
    records++
    if (units < PIECE_UNITS) continue
    yield { text: joined.join(''), records }
    joined = []
    units = 0
  }
  if (units > 0) yield { text: joined.join(''), records }
}
