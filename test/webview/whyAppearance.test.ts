import { describe, expect, it } from 'vitest'

import { type Theme, THEMES } from '../support/panel/themes'
import { contrast } from './contrast'
import { panelUnderTest } from './panelUnderTest'
import { seriousViolations } from './seriousViolations'
import { answer, answerOf, EXPLAINED, SOURCES, showAnswered, subjectOf, THROW_ROW } from './whyAnswers'

const test = panelUnderTest()
const ALL_STEPS = 'plus1 plus2 plus3 minus1 minus2 minus3'.split(' ')

/** Shows the tab with everything in it: open heads and sources, all steps, a token that is knocked out. */
async function showAll(
  theme: Theme,
  size: { readonly width: number; readonly height: number },
): Promise<void> {
  const sources = new Float32Array(answerOf(subjectOf()).attribution?.sources.length ?? 0)
  for (const [i, effect] of [0.25, 0.5, 1, -0.25, -0.5, -1].entries()) sources[SOURCES - 8 + i] = effect
  const { attribution } = answerOf(subjectOf())
  if (attribution === null) throw new Error('the answer has an attribution')
  const change = {
    attribution: { ...attribution, sources },
    knockout: { rows: [THROW_ROW], logProbs: [-6, -2.5], top: { tokenId: EXPLAINED, logProb: -1 } },
  }
  await showAnswered(test, { theme, ...size, change })
  await test.page.getByRole('radio', { name: 'Layer' }).check()
  await test.page.getByRole('row', { name: 'L0 attn' }).click()
  await test.page.getByRole('row', { name: 'L0H0' }).click()
  await test.page.getByRole('button', { name: /^throw, leading space/ }).click()
  await test.called('why', { knockedOut: [THROW_ROW] })
  await answer(test, answerOf(subjectOf(), change))
  await test.page.getByText('now most likely').waitFor()
}

describe.each(THEMES)('the tab Why in the theme %s', (theme) => {
  it('has no serious accessibility violation', async () => {
    await showAll(theme, { width: 1180, height: 1400 })
    expect(await seriousViolations(test.page)).toEqual([])
  })

  it('has a text contrast of at least 4.5:1 on every step, and a line that grows with the step', async () => {
    await showAll(theme, { width: 520, height: 1600 })
    const steps = await test.page.evaluate<{ text: string; background: string; weight: string }[]>(`
      ${JSON.stringify(ALL_STEPS)}.map((step) => {
        const token = document.querySelector('.sources .token.' + step)
        const { color, backgroundColor } = getComputedStyle(token)
        return { text: color, background: opaque(backgroundColor), weight: getComputedStyle(token).getPropertyValue('--weight') }
        function opaque(colour) {
          return colour === 'rgba(0, 0, 0, 0)' ? getComputedStyle(document.body).backgroundColor : colour
        }
      })`)
    for (const { text, background } of steps) expect(contrast(text, background)).toBeGreaterThanOrEqual(4.5)
    expect(steps.map(({ weight }) => weight)).toEqual(['1px', '2px', '4px', '1px', '2px', '4px'])
  })
})

it.each([
  [1180, 860],
  [900, 700],
  [520, 800],
  [340, 598],
])('the tab Why fits into a panel of %i by %i pixels', async (width, height) => {
  await showAll('dark', { width, height })
  const tooWide = await test.page.evaluate<string[]>(`
    [...document.querySelectorAll('html, body, .view, .detail, .contrast, .charts, .shares, .sources, .effects')]
      .filter((element) => element.scrollWidth > element.clientWidth)
      .map((element) => element.outerHTML.slice(0, 200))`)
  expect(tooWide).toEqual([])
})

it('the tab Why in a narrow panel has no serious accessibility violation', async () => {
  await showAll('light', { width: 340, height: 598 })
  expect(await seriousViolations(test.page)).toEqual([])
})
