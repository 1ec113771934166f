import { describe, expect, it } from 'vitest'

import { LensRows } from '../../src/shared/contracts/panel/lensRows'
import type { Inspection } from '../../src/shared/contracts/panel/inspection'
import type { Token } from '../../src/shared/contracts/engine/prediction'
import { elementAt } from '../../src/shared/elementAt'
import { readGpt2Vocabulary } from '../support/texts/gpt2Vocabulary'
import { comparedModels, comparedTexts } from '../support/panel/comparedInspection'
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

const RUNNING = { kind: 'running' } as const

/** The tokens, and how often one of them was read by its index. */
function counted(tokens: readonly Token[]): {
  readonly tokens: readonly Token[]
  readonly read: () => number
} {
  let count = 0
  const counting = new Proxy(tokens, {
    get: (target, key) => {
      if (typeof key === 'string' && /^\d+$/.test(key) && Number(key) < target.length) count++
      return Reflect.get(target, key) as unknown
    },
  })
  return { tokens: counting, read: () => count }
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

  it('are computed once for each token while the tokens of a comparison stream in', () => {
    const compared = comparedModels(vocabulary)
    const { comparison } = compared
    const whole = elementAt(comparison.sections, 0)
    const { tokens, read } = counted(elementAt(compared.sections, 0).tokens)
    const sections = [{ ...elementAt(compared.sections, 0), tokens }]
    const after = (count: number): Inspection => ({
      ...compared,
      sections,
      comparison: {
        ...comparison,
        state: RUNNING,
        sections: [{ ...whole, tokens: whole.tokens.slice(0, count), next: null }],
      },
    })
    const store = new RowStore()
    rowsOf(store, after(0))
    const first = read()

    for (let count = 5; count < whole.tokens.length; count += 5) rowsOf(store, after(count))

    expect(first).toBe(tokens.length)
    expect(read() - first).toBeLessThanOrEqual(tokens.length)
  })

  it('are the same as computed at once, at every step of a comparison', () => {
    for (const compared of [comparedModels(vocabulary), comparedTexts(vocabulary)]) {
      const { comparison, sections } = compared
      const whole = elementAt(comparison.sections, 0)
      const store = new RowStore()
      for (let count = 0; count <= whole.tokens.length; count += 7) {
        const shown: Inspection = {
          ...compared,
          sections,
          comparison: {
            ...comparison,
            state: RUNNING,
            sections: [{ ...whole, tokens: whole.tokens.slice(0, count), next: null }],
          },
        }
        expect(rowsOf(store, shown)).toEqual(rowsOf(new RowStore(), shown))
      }
      expect(rowsOf(store, compared)).toEqual(rowsOf(new RowStore(), compared))
    }
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
