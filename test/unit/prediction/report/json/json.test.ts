import { describe, expect, it } from 'vitest'
import { csvPieces } from '../../../../../src/prediction/report/csv/csv'
import { jsonPieces } from '../../../../../src/prediction/report/json/json'
import { PIECE_UNITS } from '../../../../../src/prediction/report/pieces'
import { reportOf } from '../../../../../src/prediction/report/report'
import type { Inspection } from '../../../../../src/shared/contracts/panel/inspection'
import {
  alternative,
  distribution,
  inspection,
  prediction,
  section,
  TOKENS,
  vocabulary,
} from '../../../../support/texts/samples'

const NEXT = distribution(2, [alternative(TOKENS.the, 0.5)])
const SECTION = section([prediction(0, TOKENS.the), prediction(1, TOKENS.newline)], NEXT)
const LONG = inspection([
  section(
    Array.from({ length: 2_000 }, (_, i) => prediction(i, TOKENS.the)),
    NEXT,
  ),
])

describe('jsonPieces', () => {
  it('is the report of an inspection with one section', () => {
    const inspected = inspection([SECTION])

    expect(JSON.parse(jsonOf(inspected))).toEqual(reportOf(inspected, vocabulary))
  })

  it('is a list of reports if there are several sections', () => {
    const inspected = inspection([SECTION, section([]), SECTION])

    expect(JSON.parse(jsonOf(inspected))).toEqual(
      inspected.sections.map((_, index) => reportOf(inspected, vocabulary, { section: index })),
    )
  })

  it('has one token on each line', () => {
    const positions = jsonOf(inspection([SECTION]))
      .split('\n')
      .filter((line) => line.startsWith('{"position":'))

    expect(positions).toHaveLength(2)
  })

  it('has no control characters in names', () => {
    const inspected = inspection([SECTION])

    const json = jsonOf({ ...inspected, model: { ...inspected.model, id: 'a\u007f\u009bb' } })

    expect(json).toContain('"model":"a\\u007f\\u009bb"')
  })
})

describe.each([
  ['JSON', jsonPieces],
  ['CSV', csvPieces],
])('The pieces of %s', (_format, piecesOf) => {
  it('have the size of a piece and at most one record more', () => {
    const pieces = [...piecesOf(LONG, vocabulary)].slice(0, -1)

    const outside = pieces.filter(
      ({ text }) => text.length < PIECE_UNITS || text.length > PIECE_UNITS + 1_000,
    )
    expect({ outside, several: pieces.length > 2 }).toEqual({ outside: [], several: true })
  })

  it('count the tokens so far', () => {
    const records = Array.from(piecesOf(LONG, vocabulary), (piece) => piece.records)

    expect(records).toEqual(records.toSorted((a, b) => a - b))
    expect(records.at(-1)).toBe(2_002)
  })

  it('each read only a few tokens, the first one included', () => {
    let read = 0
    const predictions = new Proxy(LONG.sections[0]?.predictions ?? [], {
      get: (list, key): unknown => {
        if (/^\d+$/.test(String(key))) read++
        return Reflect.get(list, key)
      },
    })
    const pieces = piecesOf(inspection([{ ...section([]), predictions }]), vocabulary)

    const readByPiece = Array.from(pieces, () => {
      const count = read
      read = 0
      return count
    })

    expect(Math.max(...readByPiece)).toBeLessThan(500)
  })
})

function jsonOf(inspected: Inspection): string {
  return Array.from(jsonPieces(inspected, vocabulary), ({ text }) => text).join('')
}
