import { describe, expect, it } from 'vitest'

import { LensRows } from '../../src/shared/contracts/panel/lensRows'
import type { Inspection } from '../../src/shared/contracts/panel/inspection'
import { elementAt } from '../../src/shared/elementAt'
import { readGpt2Vocabulary } from '../support/texts/gpt2Vocabulary'
import { referenceInspection } from '../support/reference/referenceInspection'
import { cutRows, regularCuts, type RowBlock, RowStore } from '../../webview/state/rows/rows'
import { nextSort, sortRows } from '../../webview/state/table/sortRows'
import { TEXT_ORDER } from '../../webview/state/inspection/panelState'

const vocabulary = readGpt2Vocabulary()
const inspection = referenceInspection('typescript +bos', vocabulary)
const section = elementAt(inspection.sections, 0)

function rowsOf(store: RowStore, shown: Inspection): RowBlock {
  return elementAt(store.rowsOf({ inspection: shown, previous: null, lens: LensRows.EMPTY }), 0)
}

describe('rows', () => {
  it('stay the same objects while later predictions stream in', () => {
    const store = new RowStore()
    const after = (scored: number) =>
      rowsOf(store, {
        ...inspection,
        sections: [{ ...section, predictions: section.predictions.slice(0, scored), next: null }],
      })
    const [before, later] = [after(40), after(60)]
    expect(later.slice(0, 40).every((row, i) => row === before[i])).toBe(true)
    expect(later.slice(40, 60).some((row, i) => row === before[40 + i])).toBe(false)
    expect(after(60)).toBe(later)
  })

  it('are cut into blocks, and a block stays the same object as long as its rows do', () => {
    const rows = rowsOf(new RowStore(), inspection)
    const cuts = regularCuts(rows.length, 50)
    const blocks = cutRows(rows, cuts, [])
    expect(blocks.map((block) => block.length)).toEqual([50, 36])
    const changed = [...rows.slice(0, 85), { ...elementAt(rows, 85) }]
    const again = cutRows(changed, cuts, blocks)
    expect([again[0] === blocks[0], again[1] === blocks[1]]).toEqual([true, false])
  })
})

describe('sorting', () => {
  const rows = rowsOf(new RowStore(), referenceInspection('typescript', vocabulary))

  it('keeps the next row last and rows without a value just before it', () => {
    const sorted = sortRows(rows, { column: 'surprisal', direction: 'ascending' })
    expect(sorted.slice(-2).map((row) => row.position)).toEqual([0, 85])
    const bits = sorted.slice(0, -2).map((row) => row.score?.surprisal ?? NaN)
    expect(bits).toEqual([...bits].sort((a, b) => a - b))
  })

  it('is descending at the first press, ascending at the second and in text order at the third', () => {
    const first = nextSort(TEXT_ORDER, 'rank')
    const second = nextSort(first, 'rank')
    expect([first.direction, second.direction, nextSort(second, 'rank')]).toEqual([
      'descending',
      'ascending',
      TEXT_ORDER,
    ])
  })

  it('is in text order at the first press of the position’s header', () => {
    expect(nextSort({ column: 'rank', direction: 'descending' }, 'position')).toBe(TEXT_ORDER)
  })
})
