import { describe, expect, it } from 'vitest'

import type { Inspection } from '../../src/shared/contracts/panel/inspection'
import { METRICS, stepOf } from '../../src/shared/numbers/metrics'
import { referenceInspection, referenceSection } from '../support/reference/referenceInspection'
import { tokenNumbers } from '../support/reference/sampleNumbers'
import { longInspection } from './longInspection'
import { eventually, panelUnderTest, typescript, typescriptSection, vocabulary } from './panelUnderTest'

const test = panelUnderTest()
const START = { picked: { section: 0, position: 0 } }
const box = '.strip-text'

describe('the text', () => {
  it('shows the text with marks and real line breaks', async () => {
    await test.show(typescript)
    const firstLines = async () =>
      (await test.text('.running-text'))
        .split('\n')
        .filter((line) => line !== '')
        .slice(0, 2)
    await eventually(firstLines).toEqual([
      'export async function readConfig(path: string): Promise<Config> {↵',
      "  const text = await fs.readFile(path, 'utf8');↵",
    ])
  })

  it('is coloured by the selected metric', async () => {
    await test.show(typescript)
    const { surprisal, entropy } = tokenNumbers(63)
    expect(stepOf('surprisal', surprisal)).not.toBe(stepOf('entropy', entropy))
    const classes = () => test.attribute('.running-text [data-position="63"]', 'class')
    expect(await classes()).toContain(`step${stepOf('surprisal', surprisal)}`)
    await test.page.locator('header select').selectOption('entropy')
    await eventually(classes).toContain(`step${stepOf('entropy', entropy)}`)
    expect(await test.text('.legend')).toContain('entropy in bits')
  })

  it('marks spaces, tabs, zero-width and bidi characters', async () => {
    await test.show(referenceInspection('blanks +bos', vocabulary))
    for (const mark of ['→', '↵', '⟨NBSP⟩', '⟨ZWSP⟩', '⟨RLO⟩', '⟨PDF⟩'])
      await eventually(() => test.text('.running-text')).toContain(mark)
  })

  it('has a heading for each of several sections', async () => {
    const sections = [
      { ...referenceSection('one token +bos', vocabulary), lines: { first: 3, last: 9 } },
      { ...typescriptSection, lines: { first: 12, last: 12 } },
    ]
    await test.show({ ...typescript, sections }, START)
    expect(await test.texts('logitscope-strip h2')).toEqual(['Lines 3–9', 'Line 12'])
    await test.page.locator(box).press('ArrowRight')
    expect(await test.posted('pickToken')).toMatchObject({ section: 1, position: 0 })
  })

  it('dims the tokens that are still of the previous run, in place', async () => {
    const panel = await test.show(typescript)
    const token = '.running-text [data-position="63"]'
    const before = await test.page.locator(token).boundingBox()
    const rerun: Inspection = {
      ...typescript,
      id: 'rerun',
      state: { kind: 'running' },
      sections: [{ ...typescriptSection, predictions: [], next: null }],
    }
    await panel.send({ type: 'showInspection', inspection: rerun, picked: null, focus: false })
    const predictions = typescriptSection.predictions.slice(0, 40)
    await panel.send({ type: 'appendPredictions', inspectionId: 'rerun', section: 0, predictions })
    await eventually(() => test.page.locator('.running-text .stale').count()).toBe(45)
    expect(await test.page.locator(token).boundingBox()).toEqual(before)
  })
})

describe('the mouse in the text', () => {
  it('picks a token by a click, which marks it in the editor', async () => {
    await test.show(typescript)
    await test.page.locator('.running-text [data-position="4"]').click()
    await test.posted('pickToken', { position: 4, how: 'reveal' })
  })

  it('selects a token in the editor by a double click', async () => {
    await test.show(typescript)
    await test.page.locator('.running-text [data-position="4"]').dblclick()
    await test.posted('pickToken', { position: 4, how: 'select' })
    expect(await test.page.evaluate('getSelection().isCollapsed')).toBe(true)
  })

  it('opens the context menu of the token under the pointer', async () => {
    await test.show(typescript)
    await test.page.locator('.running-text [data-position="4"]').click({ button: 'right' })
    expect(await menuContext()).toMatchObject({ inspectionId: typescript.id, section: 0, position: 4 })
  })
})

describe('the keyboard in the text', () => {
  it('has one tab stop', async () => {
    await test.show(typescript)
    const stops = await test.page.evaluate(`
      [...document.querySelectorAll('logitscope-strip *')].filter((element) => element.tabIndex >= 0).length`)
    expect(stops).toBe(1)
  })

  it.each([
    ['ArrowRight', 64, 'reveal'],
    ['ArrowLeft', 62, 'reveal'],
    ['Home', 0, 'reveal'],
    ['End', 84, 'reveal'],
    ['Enter', 63, 'select'],
  ] as const)('picks by %s', async (key, position, how) => {
    await test.show(typescript, { picked: { section: 0, position: 63 } })
    await test.page.locator(box).press(key)
    await test.posted('pickToken', { position, how })
  })

  it('tells screen readers the picked token', async () => {
    await test.show(typescript, START)
    await test.page.locator(box).press('ArrowRight')
    await eventually(() => test.attribute(box, 'aria-activedescendant')).toBe('text-0-1')
    expect(await test.attribute('#text-0-1', 'aria-label')).toContain('token 1, async, leading space, ')
  })

  it('opens the context menu of the picked token', async () => {
    await test.show(typescript, { picked: { section: 0, position: 63 } })
    await test.page.locator(box).press('Shift+F10')
    await eventually(menuContext).toMatchObject({ position: 63 })
  })
})

describe('the text in whole lines', () => {
  it.each([
    [1180, 860],
    [900, 600],
    [520, 700],
    [340, 598],
    [320, 400],
  ])('has no line that is cut at %i × %i pixels', async (width, height) => {
    await test.show(referenceInspection('long +bos', vocabulary), { width, height })
    const { boxHeight, padding, line } = await lines()
    expect((boxHeight - padding) % line).toBe(0)
  })

  it('rests at a line after scrolling', async () => {
    await test.show(referenceInspection('long +bos', vocabulary), START)
    await test.page.locator(box).hover()
    await test.page.mouse.wheel(0, 50)
    await eventually(async () => (await lines()).scrolled).toBe(2)
  })

  it.each([340, 1180])('shows a line before and after the picked token in %i pixels', async (width) => {
    const inspection = longInspection(14_400)
    const panel = await test.show(inspection, { ...START, width })
    await panel.send({ type: 'pickFromEditor', inspectionId: inspection.id, section: 0, position: 9_003 })
    await eventually(linesAroundPicked).toEqual({ above: true, below: true })
    // Text that is rendered later does not move it.
    await eventually(() => test.page.locator('logitscope-strip-block:empty').count()).toBe(0)
    expect(await linesAroundPicked()).toEqual({ above: true, below: true })
  })

  it('shows a line after the picked token while the pick moves on by the keyboard', async () => {
    await test.show(typescript, { picked: { section: 0, position: 20 }, width: 340, height: 598 })
    for (let position = 21; position <= 40; position++) {
      await test.page.locator(box).press('ArrowRight')
      await test.page.locator(`#text-0-${position}`).waitFor()
      await eventually(linesAroundPicked).toMatchObject({ below: true })
    }
  })

  it('keeps the picked token in view when the panel gets narrower', async () => {
    await test.show(longInspection(500), { picked: { section: 0, position: 300 }, width: 1180 })
    await eventually(linesAroundPicked).toEqual({ above: true, below: true })
    await test.page.setViewportSize({ width: 340, height: 598 })
    await eventually(async () => (await lines()).boxHeight).toBeLessThan(120)
    await eventually(linesAroundPicked).toEqual({ above: true, below: true })
  })

  it('keeps the picked token in view after a second click on it', async () => {
    await test.show(longInspection(500), { picked: { section: 0, position: 300 }, width: 1180 })
    await eventually(linesAroundPicked).toEqual({ above: true, below: true })
    await test.page.locator(`${box} .picked`).click()
    await test.posted('pickToken', { position: 300 })

    await test.page.setViewportSize({ width: 340, height: 598 })

    await eventually(async () => (await lines()).boxHeight).toBeLessThan(120)
    await eventually(linesAroundPicked).toEqual({ above: true, below: true })
  })

  it('stays where the user has scrolled to when the panel gets narrower', async () => {
    await test.show(longInspection(500), { picked: { section: 0, position: 300 }, width: 1180 })
    await eventually(linesAroundPicked).toEqual({ above: true, below: true })
    await test.page.locator(box).hover()
    await test.page.mouse.wheel(0, -5_000)
    await eventually(async () => (await lines()).scrolled).toBe(0)
    await test.page.setViewportSize({ width: 340, height: 598 })
    await eventually(async () => (await lines()).boxHeight).toBeLessThan(120)
    expect((await lines()).scrolled).toBe(0)
  })

  it('has four lines beside an editor', async () => {
    await test.show(referenceInspection('long +bos', vocabulary), { width: 393, height: 800 })
    const { boxHeight, padding, line } = await lines()
    expect((boxHeight - padding) / line).toBe(4)
  })
})

describe('the legend', () => {
  it.each(METRICS)('has one line for %s in the narrowest panel', async (metric) => {
    const generation = {
      sampling: { temperature: 1, topK: 0, topP: 1, minP: 0 },
      seed: 1,
      typed: [101],
      candidates: [{ probability: 0.5, typedTokens: 1 }],
    }
    await test.show({ ...typescript, generation }, { width: 320, height: 600 })
    await test.page.locator('header select').selectOption(metric)
    const last = await (await test.shown('.legend .typed')).boundingBox()
    const legend = await test.page.locator('.legend').boundingBox()
    const rightEdge = (last?.x ?? Infinity) + (last?.width ?? 0)
    expect(rightEdge).toBeLessThanOrEqual((legend?.x ?? 0) + (legend?.width ?? 0))
  })

  it('leaves its word to screen readers in a narrow panel', async () => {
    await test.show(typescript, { width: 340, height: 598 })
    expect((await test.page.locator('.legend-word').boundingBox())?.width).toBeLessThanOrEqual(1)
    expect(await test.texts('.legend .token')).toHaveLength(5)
  })

  it('gives its line to the text in a low panel', async () => {
    await test.show(typescript, { width: 520, height: 420 })
    expect(await test.page.locator('.legend').isVisible()).toBe(false)
  })
})

/** The token's data that VS Code would read for the context menu. */
async function menuContext(): Promise<unknown> {
  const context = await test.attribute(box, 'data-vscode-context')
  return context === null ? null : JSON.parse(context)
}

/** Sizes in pixels; `scrolled` in lines. */
async function lines(): Promise<{ boxHeight: number; padding: number; line: number; scrolled: number }> {
  return await test.page.evaluate(`(() => {
    const box = document.querySelector('${box}')
    const style = getComputedStyle(box)
    const line = parseFloat(style.lineHeight)
    const padding = parseFloat(style.paddingTop) + parseFloat(style.paddingBottom)
    return { boxHeight: box.clientHeight, padding, line, scrolled: box.scrollTop / line }
  })()`)
}

/** Whether there is a line of text above and below the picked token in the box. */
async function linesAroundPicked(): Promise<{ above: boolean; below: boolean } | null> {
  const picked = await test.page.locator('.running-text .picked').first().boundingBox()
  const around = await test.page.locator(box).boundingBox()
  if (picked === null || around === null) return null
  const { line } = await lines()
  return {
    above: picked.y - line >= around.y,
    below: picked.y + picked.height + line <= around.y + around.height,
  }
}
