import { describe, expect, it } from 'vitest'

import { elementAt } from '../../src/shared/elementAt'
import {
  comparedContexts,
  comparedModels,
  comparedTexts,
  EDIT,
  runningComparison,
} from '../support/panel/comparedInspection'
import type { PanelPage } from '../support/panel/panelHarness'
import { type Theme, THEMES } from '../support/panel/themes'
import { eventually, panelUnderTest, type ShowOptions, vocabulary } from './panelUnderTest'
import { seriousViolations } from './seriousViolations'

const test = panelUnderTest()
const models = comparedModels(vocabulary)
/** ` Config`, the token whose sides differ most. */
const PICKED = { section: 0, position: 63 }
const tokens = [...elementAt(models.comparison.sections, 0).tokens]

const plot = () => test.page.locator('.scatter')
const currentPoint = () => plot().getByRole('option', { selected: true })

async function show(options: ShowOptions = {}): Promise<PanelPage> {
  const panel = await test.show(models, { picked: PICKED, height: 1100, ...options })
  await plot().waitFor()
  return panel
}

/** The place of the picked point in the plot, in pixels. */
async function placeOfRing(): Promise<{ x: number; y: number }> {
  const [ring, box] = await Promise.all([plot().locator('.ring').boundingBox(), plot().boundingBox()])
  if (ring === null || box === null) throw new Error('no point is picked')
  return { x: ring.x + ring.width / 2 - box.x, y: ring.y + ring.height / 2 - box.y }
}

describe('a click in the plot', () => {
  it('picks the nearest token', async () => {
    await show({ picked: { section: 0, position: 75 } })
    const place = await placeOfRing()
    await test.page.locator('#row-0-63').click()
    await eventually(() => currentPoint().getAttribute('id')).toBe('point-0-63')

    await plot().click({ position: { x: place.x + 2, y: place.y - 1 } })

    expect(await test.posted('pickToken', { position: 75 })).toMatchObject({ section: 0, how: 'reveal' })
  })

  it('picks nothing far from all points', async () => {
    const panel = await show()

    await plot().click({ position: { x: 60, y: 80 } })
    await plot().press('Home')

    expect(await panel.messages('pickToken')).toMatchObject([{ position: 0 }])
  })
})

describe('the plot with the keyboard', () => {
  it('is one tab stop that goes to the nearest point in the direction of an arrow key', async () => {
    const panel = await show()
    await plot().focus()

    await test.page.keyboard.press('ArrowLeft')

    const left = await test.posted('pickToken')
    const moved = elementAt(tokens, left.position)
    expect(moved.score.surprisal).toBeLessThan(elementAt(tokens, PICKED.position).score.surprisal)
    await panel.forgetMessages()
    await test.page.keyboard.press('ArrowUp')
    const up = await test.posted('pickToken')
    expect(elementAt(tokens, up.position).baselineScore.surprisal).toBeGreaterThan(
      moved.baselineScore.surprisal,
    )
    expect(await plot().locator('[tabindex]').count()).toBe(0)
  })

  it('announces the picked point as its active option', async () => {
    await show()
    await plot().focus()

    await test.page.keyboard.press('Home')

    await eventually(() => plot().getAttribute('aria-activedescendant')).toBe('point-0-0')
    expect(await currentPoint().getAttribute('aria-label')).toMatch(
      /^export, token 0: mini \d+\.\d\d bits, gpt2 \d+\.\d\d bits, Δ [+−]?\d+\.\d\d$/,
    )
  })

  it('selects the token in the editor with Enter', async () => {
    await show()
    await plot().focus()

    await test.page.keyboard.press('Enter')

    await test.posted('pickToken', { position: 63, how: 'select' })
  })
})

describe('the plot', () => {
  it('has a label that names both axes and the number of tokens on each side', async () => {
    await show()
    const bits = tokens.map(({ score, baselineScore }) => (score.logProb - baselineScore.logProb) / Math.LN2)
    const plus = bits.filter((delta) => delta >= 1).length
    const minus = bits.filter((delta) => delta <= -1).length

    expect(await plot().getAttribute('aria-label')).toBe(
      `The whole text: surprisal in bits of each token, mini across, gpt2 up. ${plus} tokens likelier for mini by 1 bit or more, ${minus} likelier for gpt2, ${85 - plus - minus} within 1 bit`,
    )
  })

  it('names the sides of a comparison with a context in plain English', async () => {
    await test.show(comparedContexts(vocabulary), { picked: PICKED, height: 1100 })
    await plot().waitFor()

    const labels = (await plot().locator('.side-label').allTextContents()).map((text) => text.trim())
    expect(labels).toEqual(['▲ likelier without context', '▼ likelier with context'])
    expect(await plot().getAttribute('aria-label')).toContain(
      'tokens likelier without context by 1 bit or more',
    )
  })

  it('draws no mark again when another token is picked', async () => {
    await show()
    const marks = plot().locator('svg').first()
    await marks.evaluate((svg) => {
      new MutationObserver(() => (svg.id = 'changed')).observe(svg, {
        subtree: true,
        childList: true,
        attributes: true,
        characterData: true,
      })
    })

    await plot().press('Home')

    await eventually(() => currentPoint().getAttribute('id')).toBe('point-0-0')
    expect(await marks.getAttribute('id')).toBeNull()
    expect(await marks.locator('path').count()).toBe(3)
  })

  it('marks no point if the picked token is not compared', async () => {
    await test.show(comparedTexts(vocabulary), { picked: { section: 0, position: EDIT.onlyShown } })
    await plot().waitFor()

    expect(await plot().locator('.ring').count()).toBe(0)
    expect(await plot().getByRole('option').getAttribute('aria-selected')).toBe('false')
  })

  it('says that no token is compared yet', async () => {
    await test.show(runningComparison(models, 0), { picked: PICKED })

    await eventually(() => test.text('logitscope-scatter p')).toBe('No token is compared yet.')
  })

  it('has marks in the colours of the system where they are forced', async () => {
    await show()

    await test.page.emulateMedia({ forcedColors: 'active' })
    const colours = await test.page.evaluate<string[]>(`
      ['.mark-plus', '.mark-minus', '.mark-even'].map((mark) => {
        const { fill, stroke } = getComputedStyle(document.querySelector('.scatter ' + mark))
        return [fill, stroke].map((paint) => (paint === 'none' ? 'none' : 'paint')).join(' ')
      })`)
    const plusFill = await test.page.evaluate<string>(
      `getComputedStyle(document.querySelector('.scatter .mark-plus')).fill`,
    )
    await test.page.emulateMedia({ forcedColors: 'none' })

    expect(colours).toEqual(['paint none', 'paint paint', 'none paint'])
    expect(plusFill).not.toBe('rgb(205, 181, 250)')
  })
})

describe.each<[Theme, number]>([...THEMES.map((theme): [Theme, number] => [theme, 1180]), ['light', 340]])(
  'in the theme %s, %i pixels wide',
  (theme, width) => {
    it('the compared prediction has no serious accessibility violation', async () => {
      const panel = await test.open({ theme, width, height: 900 })
      await panel.send({ type: 'showInspection', inspection: models, picked: PICKED, focus: false })
      await test.page.getByRole('tab', { name: 'Prediction' }).click()
      await plot().waitFor()

      expect(await seriousViolations(test.page, 'logitscope-prediction')).toEqual([])
    })
  },
)
