import { describe, expect, it } from 'vitest'

import { THEMES } from '../support/panel/themes'
import {
  comparedContexts,
  comparedModels,
  comparedTexts,
  runningComparison,
  swappedSides,
} from '../support/panel/comparedInspection'
import { contrast } from './contrast'
import { layoutProblems } from './layoutProblems'
import { panelUnderTest, vocabulary } from './panelUnderTest'
import { seriousViolations } from './seriousViolations'

const test = panelUnderTest()
const models = comparedModels(vocabulary)
const texts = comparedTexts(vocabulary)
const STEPS = 'plus1 plus2 plus3 minus1 minus2 minus3 only-shown'.split(' ')

describe.each(THEMES)('a comparison in the theme %s', (theme) => {
  it('has no serious accessibility violation', async () => {
    await test.show(texts, { theme, picked: { section: 0, position: 63 } })
    expect(await seriousViolations(test.page)).toEqual([])
  })

  it('has a text contrast of at least 4.5:1 on every step of the legend, and a line that grows', async () => {
    await test.show(texts, { theme })
    const steps = await test.page.evaluate<{ text: string; background: string; weight: string }[]>(`
      ${JSON.stringify(STEPS)}.map((step) => {
        const token = document.querySelector('.legend .token.' + step)
        const { color, backgroundColor } = getComputedStyle(token)
        const isClear = backgroundColor === 'rgba(0, 0, 0, 0)'
        return {
          text: color,
          background: isClear ? getComputedStyle(document.body).backgroundColor : backgroundColor,
          weight: getComputedStyle(token).getPropertyValue('--weight'),
        }
      })`)
    for (const { text, background } of steps) expect(contrast(text, background)).toBeGreaterThanOrEqual(4.5)
    expect(steps.slice(0, 6).map(({ weight }) => weight)).toEqual(['1px', '2px', '4px', '1px', '2px', '4px'])
  })
})

it.each(['hc', 'hclight'] as const)(
  'a comparison has hollow bars and no fills in the theme %s',
  async (theme) => {
    await test.show(texts, { theme })
    const looks = await test.page.evaluate<string[]>(`[
    getComputedStyle(document.querySelector('.delta-cell rect.minus')).fill,
    getComputedStyle(document.querySelector('.sparkline .bars.down')).fill,
  ]`)
    const background = await test.page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
    expect(looks).toEqual([background, background])
    const fills = await test.page.evaluate<string[]>(
      `[...document.querySelectorAll('.strip .token')].map((token) => getComputedStyle(token).backgroundImage)`,
    )
    expect(new Set(fills)).toEqual(new Set(['none']))
  },
)

describe.each([
  [340, 598],
  [431, 500],
  [520, 700],
  [761, 500],
  [899, 620],
  [900, 620],
  [1180, 860],
])('at %i × %i', (width, height) => {
  it.each([
    ['running', runningComparison(models, 40)],
    ['texts', texts],
    ['swapped contexts', swappedSides(comparedContexts(vocabulary))],
  ])('nothing of a comparison is clipped or overlaps: %s', async (_, inspection) => {
    await test.show(inspection, { width, height })
    expect(await layoutProblems(test.page)).toEqual([])
  })
})

it('a comparison in a narrow panel has no serious accessibility violation', async () => {
  await test.show(models, { width: 340, height: 598 })
  expect(await seriousViolations(test.page)).toEqual([])
})
