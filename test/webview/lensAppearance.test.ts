import { describe, expect, it } from 'vitest'

import { THEMES } from '../support/panel/themes'
import { contrast } from './contrast'
import { showLens } from './lensUnderTest'
import { panelUnderTest, typescript } from './panelUnderTest'
import { seriousViolations } from './seriousViolations'

const test = panelUnderTest()
const CONFIG = { section: 0, position: 63 }

describe.each(THEMES)('the lens in the theme %s', (theme) => {
  it('has no serious accessibility violation, with a layer in Prediction', async () => {
    await showLens(test, typescript, { theme, picked: CONFIG })
    await test.page.locator('#lens-0-63-4').click()
    await test.page.getByText('as after block 3').waitFor()
    expect(await seriousViolations(test.page)).toEqual([])
  })

  it('has a text contrast of at least 4.5:1 on every step, which differ by the underline alone', async () => {
    await showLens(test, typescript, { theme, picked: CONFIG })
    const steps = await test.page.evaluate<{ text: string; background: string; shadow: string }[]>(`
      [...document.querySelectorAll('.toolbar .legend .token')].map((token) => {
        const { color, backgroundColor, boxShadow } = getComputedStyle(token)
        return { text: color, background: backgroundColor, shadow: boxShadow }
      })`)
    expect(new Set(steps.map(({ shadow }) => shadow)).size).toBe(5)
    for (const { text, background } of steps.slice(1))
      expect(contrast(text, background)).toBeGreaterThanOrEqual(4.5)
  })
})

it.each([
  [1180, 860],
  [520, 800],
  [340, 598],
])('only the grid scrolls sideways at %i pixels', async (width, height) => {
  await showLens(test, typescript, { width, height, picked: CONFIG })
  const tooWide = await test.page.evaluate<string[]>(`
    [...document.querySelectorAll('html, body, main, .view, .lens-view, .toolbar, .layers, .layer-table')]
      .filter((element) => element.scrollWidth > element.clientWidth)
      .map((element) => element.outerHTML.slice(0, 200))`)
  expect(tooWide).toEqual([])
})

it('the lens in a narrow panel has no serious accessibility violation', async () => {
  await showLens(test, typescript, { width: 340, height: 598, picked: CONFIG })
  expect(await seriousViolations(test.page)).toEqual([])
})
