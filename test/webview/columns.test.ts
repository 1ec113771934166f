import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { elementAt } from '../../src/shared/elementAt'
import type { Inspection } from '../../src/shared/contracts/panel/inspection'
import { COLUMNS } from '../../src/shared/contracts/panel/protocol'
import {
  fittingColumns,
  formatNumber,
  gridTemplate,
  isSortable,
  longestNumber,
  type TableColumn,
} from '../../webview/state/table/columns'
import type { SortColumn } from '../../webview/state/inspection/panelState'
import { eventually, panelUnderTest, typescript, typescriptSection } from './panelUnderTest'

const ALL: readonly TableColumn[] = ['position', 'token', ...COLUMNS]
const WIDTHS = new Map(ALL.map((column) => [column, 50]))

describe('the columns that fit', () => {
  it.each([
    [0, ['position', 'token']],
    [200, ['position', 'token', 'probability', 'surprisal']],
    [300, ['position', 'token', 'probability', 'rank', 'surprisal', 'alternatives']],
    [449, ['position', 'token', 'probability', 'rank', 'surprisal', 'entropy', 'depth', 'alternatives']],
    [550, ALL],
  ] as const)('into %i pixels come in the order of the table', (available, columns) => {
    expect(fittingColumns(ALL, { available, widths: WIDTHS })).toEqual(columns)
  })

  it('are only those that the user has turned on', () => {
    const columns = ['position', 'token', 'logit', 'entropy'] as const

    expect(fittingColumns(columns, { available: 2000, widths: WIDTHS })).toEqual(columns)
  })

  it('of a wider table include those of a narrower one', () => {
    const widths = fc.tuple(...ALL.map(() => fc.integer({ min: 1, max: 300 })))
    const tables = fc.tuple(widths, fc.nat(2400), fc.nat(2400))
    fc.assert(
      fc.property(tables, ([chosen, a, b]) => {
        const map = new Map(ALL.map((column, i) => [column, elementAt(chosen, i)]))
        const columnsIn = (available: number) => fittingColumns(ALL, { available, widths: map })
        expect(columnsIn(Math.max(a, b))).toEqual(expect.arrayContaining([...columnsIn(Math.min(a, b))]))
      }),
    )
  })

  it('leave the remaining space to the top predictions, else to the tokens', () => {
    expect(gridTemplate(['token', 'alternatives'], WIDTHS)).toBe('50px minmax(0, 1fr)')
    expect(gridTemplate(['token', 'rank'], WIDTHS)).toBe('minmax(50px, 150px) 50px')
  })
})

const VOCABULARY_SIZE = 50_257
const MAX_TOKENS = 14_400
/** Of `gpt2-xl`. */
const MAX_LAYERS = 48
/** Every value that an inspection can have: no surprisal of a representable probability has more than 1,075 bits. */
const VALUES: Readonly<Record<SortColumn, fc.Arbitrary<number>>> = {
  position: fc.nat(MAX_TOKENS),
  tokenId: fc.nat(VOCABULARY_SIZE - 1),
  logit: fc.double({ min: -1075, max: 1075, noNaN: true }),
  logProb: fc.double({ min: -746, max: 0, noNaN: true }),
  probability: fc.double({ min: 0, max: 1, noNaN: true }),
  rank: fc.integer({ min: 1, max: VOCABULARY_SIZE }),
  surprisal: fc.double({ min: 0, max: 1075, noNaN: true }),
  entropy: fc.double({ min: 0, max: Math.log2(VOCABULARY_SIZE), noNaN: true }),
  depth: fc.nat(MAX_LAYERS),
  shownProbability: fc.double({ min: 0, max: 1, noNaN: true }),
  baselineProbability: fc.double({ min: 0, max: 1, noNaN: true }),
  shownRank: fc.integer({ min: 1, max: VOCABULARY_SIZE }),
  baselineRank: fc.integer({ min: 1, max: VOCABULARY_SIZE }),
  delta: fc.double({ min: 0, max: 1075, noNaN: true }),
}

describe('the longest text of a column', () => {
  it.each(ALL.filter(isSortable))('is at least as long as any value of %s', (column) => {
    const longest = longestNumber(column, {
      tokens: MAX_TOKENS,
      vocabularySize: VOCABULARY_SIZE,
      layers: MAX_LAYERS,
    })
    fc.assert(
      fc.property(VALUES[column], (value) => {
        expect(formatNumber(column, value).length).toBeLessThanOrEqual(longest.length)
      }),
    )
  })
})

describe('the table', () => {
  const test = panelUnderTest()

  it('shows position, token, probability and surprisal at 340 pixels', async () => {
    await test.show(typescript, { width: 340, height: 598 })
    await eventually(() => test.texts('[role=columnheader]')).toEqual(
      expect.arrayContaining(['#', 'Token', 'Probability', 'Surprisal']),
    )
  })

  it('shows all columns of the settings at 1180 pixels', async () => {
    await test.show(typescript)
    await eventually(() => test.texts('[role=columnheader]')).toEqual([
      '#',
      'Token',
      'Logit',
      'Probability',
      'Rank',
      'Surprisal',
      'Entropy',
      'Top predictions',
    ])
  })

  it('adapts its columns when its width changes', async () => {
    await test.show(typescript, { width: 340, height: 598 })
    await test.page.setViewportSize({ width: 1180, height: 598 })
    await eventually(() => test.texts('[role=columnheader]')).toContain('Entropy')
    await test.page.setViewportSize({ width: 340, height: 598 })
    await eventually(() => test.texts('[role=columnheader]')).not.toContain('Entropy')
  })

  it.each([320, 340, 520, 760, 900, 1180, 2400])(
    'cuts no number and no label at %i pixels',
    async (width) => {
      await test.show(EXTREME, { width, height: 700 })
      await test.page.locator('#row-0-0 .number').first().waitFor()

      expect(await cutCells()).toEqual([])
    },
  )

  it('cuts no number and no label after the fonts have grown', async () => {
    await test.show(EXTREME, { width: 1180, height: 700 })
    await test.page.locator('#row-0-0 .entropy').waitFor()

    await test.page.evaluate(`document.documentElement.style.setProperty('--vscode-font-size', '24px')`)

    await eventually(cutCells).toEqual([])
    expect(await test.page.locator('#row-0-0 .entropy').count()).toBe(0)
  })

  it.each([520, 900, 1180])('shows only whole alternatives at %i pixels', async (width) => {
    await test.show(typescript, { width, height: 700 })
    await test.page.locator('#row-0-5 .alternative').first().waitFor()

    const counts = await test.page.evaluate(() =>
      [...document.querySelectorAll('.row .alternatives')].map((cell) => {
        const around = cell.getBoundingClientRect()
        const boxes = [...cell.querySelectorAll('.alternative')].map((box) => box.getBoundingClientRect())
        const visible = boxes.filter(({ top }) => top < around.bottom)
        const whole = visible.filter(
          ({ right, bottom }) => right <= around.right + 0.5 && bottom <= around.bottom + 0.5,
        )
        return { visible: visible.length, whole: whole.length }
      }),
    )
    expect(counts.filter(({ visible, whole }) => visible === 0 || whole < visible)).toEqual([])
  })

  /** Cells of numbers and headers whose text is wider than they are. */
  function cutCells(): Promise<string[]> {
    return test.page.evaluate(() =>
      [...document.querySelectorAll('.row .number, .row [role=columnheader], .row button')]
        .filter((cell) => cell.checkVisibility({ contentVisibilityAuto: true }))
        .filter((cell) => cell.scrollWidth > cell.clientWidth)
        .map((cell) => `${cell.className}: ${cell.textContent}`),
    )
  }
})

/** The first token has the longest value of each column. */
const EXTREME: Inspection = {
  ...typescript,
  sections: [
    {
      ...typescriptSection,
      predictions: Array.from(typescriptSection.predictions, (prediction) => ({
        ...prediction,
        score: prediction.score && {
          ...prediction.score,
          logit: -888.888,
          logProb: -700.888,
          rank: 48_888,
          surprisal: 1011.88,
          entropy: 15.62,
        },
      })),
    },
  ],
}
