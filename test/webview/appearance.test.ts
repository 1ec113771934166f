import { describe, expect, it } from 'vitest'

import { elementAt } from '../../src/shared/elementAt'
import { type Theme, THEMES } from '../support/panel/themes'
import { referenceInspection } from '../support/reference/referenceInspection'
import { contrast } from './contrast'
import { panelUnderTest, typescript, vocabulary } from './panelUnderTest'
import { answerLogits, openPart } from './pickedToken'
import { seriousViolations } from './seriousViolations'

const test = panelUnderTest()

const WIDE = 1180
const NARROW = 560

/** Shows the panel with a picked token, its full row of logits, and everything in the tab Prediction open. */
async function showPicked(theme: Theme, width: number): Promise<void> {
  await test.show(typescript, { theme, width })
  await answerLogits(test)
  await test.page.getByRole('tab', { name: 'Prediction' }).click()
  await openPart(test, 'How computed')
  await openPart(test, 'Sampling')
  await test.page.getByLabel('Top-p', { exact: true }).fill('0.9')
  await test.page.locator('.effect', { hasText: 'Top-p 0.90 keeps' }).waitFor()
}

describe.each(THEMES)('the panel in the theme %s', (theme) => {
  it('has no serious accessibility violation', async () => {
    await showPicked(theme, WIDE)
    expect(await seriousViolations(test.page)).toEqual([])
  })

  it('has no serious accessibility violation in a text with emoji that is inspected again', async () => {
    const emoji = referenceInspection('emoji +bos', vocabulary)
    const panel = await test.show(emoji, { theme })
    const state = { kind: 'running' } as const
    const sections = emoji.sections.map((section) => ({ ...section, predictions: [], next: null }))
    const rerun = { ...emoji, id: 'rerun', state, sections }
    await panel.send({ type: 'showInspection', inspection: rerun, picked: null, focus: false })
    const predictions = elementAt(emoji.sections, 0).predictions.slice(0, 8)
    await panel.send({ type: 'appendPredictions', inspectionId: 'rerun', section: 0, predictions })
    await test.page.locator('.running-text .shared.stale').first().waitFor()
    expect(await seriousViolations(test.page, '.strip')).toEqual([])
  })

  it('has a text contrast of at least 4.5:1 on every step', async () => {
    await test.show(typescript, { theme })
    const colours = await test.page.evaluate<[string, string][]>(`
      [...document.querySelectorAll('.legend .token')].map((token) => {
        const { color, backgroundColor } = getComputedStyle(token)
        return [color, backgroundColor]
      })`)
    expect(colours).toHaveLength(5)
    for (const [text, background] of colours) expect(contrast(text, background)).toBeGreaterThanOrEqual(4.5)
  })

  it('has a ring with a contrast of at least 3:1 around the picked token on every step', async () => {
    await test.show(typescript, { theme })
    await test.page.locator('.running-text .picked').waitFor()
    const ring = await test.page.evaluate<string>(
      `getComputedStyle(document.querySelector('.running-text .picked')).outlineColor`,
    )
    const steps = await test.page.evaluate<string[]>(
      `[...document.querySelectorAll('.legend .token')].map((token) => getComputedStyle(token).backgroundColor)`,
    )
    for (const step of steps) expect(contrast(ring, step)).toBeGreaterThanOrEqual(3)
  })

  it('distinguishes the steps by the weight of the underline alone', async () => {
    await test.show(typescript, { theme })
    const shadows = await test.page.evaluate<string[]>(
      `[...document.querySelectorAll('.legend .token')].map((token) => getComputedStyle(token).boxShadow)`,
    )
    expect(new Set(shadows).size).toBe(5)
  })
})

it('a narrow panel has no serious accessibility violation', async () => {
  await showPicked('dark', NARROW)
  expect(await seriousViolations(test.page)).toEqual([])
})

it.each([WIDE, NARROW])('the panel does not scroll horizontally at %i pixels', async (width) => {
  await showPicked('dark', width)
  const tooWide = await test.page.evaluate<string[]>(`
    [...document.querySelectorAll('html, body, header, main, logitscope-strip, .grid, .detail, .row')]
      .filter((element) => element.scrollWidth > element.clientWidth)
      .map((element) => element.outerHTML.slice(0, 200))`)
  expect(tooWide).toEqual([])
})
