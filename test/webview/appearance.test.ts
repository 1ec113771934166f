import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'

import type { AxeResults } from 'axe-core'
import { describe, expect, it } from 'vitest'

import { logitsLike } from '../support/reference/referenceInspection'
import { type Theme, THEMES } from '../support/panel/themes'
import { panelUnderTest, typescript } from './panelUnderTest'

const test = panelUnderTest()
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const WIDTHS = [1180, 560]
const { score } = typescript.sections[0].predictions[63]
if (score === null) throw new Error('the reference scores every token')
const logits = logitsLike(score, 50257)

async function showPicked(theme: Theme, width: number): Promise<void> {
  const panel = await test.show(typescript, { theme, width })
  const address = { inspectionId: typescript.id, section: 0, position: 63 }
  await panel.send({ type: 'pickFromEditor', ...address })
  await test.posted('requestLogits', address)
  await panel.send({ type: 'logits', ...address, logits })
  await test.page.locator('.effect', { hasText: 'can be drawn' }).waitFor()
}

describe.each(THEMES)('in the theme %s', (theme) => {
  it.each(WIDTHS)('at %i pixels axe finds nothing serious', async (width) => {
    await showPicked(theme, width)
    await test.page.evaluate(axeSource)
    const { violations } = await test.page.evaluate<AxeResults>('axe.run()')
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join('\n')}`)).toEqual([])
  })

  it('text is at least 4.5:1 on every step', async () => {
    await showPicked(theme, 1180)
    const colours = await test.page.evaluate<[string, string][]>(`
      [...document.querySelectorAll('.legend .token')].map((token) => {
        const { color, backgroundColor } = getComputedStyle(token)
        return [color, backgroundColor]
      })`)
    expect(colours).toHaveLength(5)
    for (const [text, background] of colours) expect(contrast(text, background)).toBeGreaterThanOrEqual(4.5)
  })

  it('the ring around the picked token is seen on every step', async () => {
    await showPicked(theme, 1180)
    const ring = await test.page.evaluate<string>(
      `getComputedStyle(document.querySelector('.running-text .picked')).outlineColor`,
    )
    const steps = await test.page.evaluate<string[]>(
      `[...document.querySelectorAll('.legend .token')].map((token) => getComputedStyle(token).backgroundColor)`,
    )
    for (const step of steps) expect(contrast(ring, step)).toBeGreaterThanOrEqual(3)
  })

  it('the weight of the underline alone tells the steps apart', async () => {
    await showPicked(theme, 1180)
    const shadows = await test.page.evaluate<string[]>(
      `[...document.querySelectorAll('.legend .token')].map((token) => getComputedStyle(token).boxShadow)`,
    )
    expect(new Set(shadows).size).toBe(5)
  })
})

it.each(WIDTHS)('nothing scrolls sideways at %i pixels', async (width) => {
  await showPicked('dark', width)
  const tooWide = await test.page.evaluate<string[]>(`
    [...document.querySelectorAll('html, body, header, main, logitscope-strip, .grid, .detail, .row')]
      .filter((element) => element.scrollWidth > element.clientWidth)
      .map((element) => element.outerHTML.slice(0, 200))`)
  expect(tooWide).toEqual([])
})

it('beside an editor the detail stands above the table, and columns are fewer', async () => {
  await showPicked('dark', 560)
  const detail = await test.page.locator('.detail').boundingBox()
  const grid = await test.page.locator('[role=grid]').boundingBox()
  expect((detail?.y ?? 0) + (detail?.height ?? 0)).toBeLessThanOrEqual(grid?.y ?? 0)
  expect(await test.page.locator('[role=columnheader]:visible').allInnerTexts()).toEqual([
    '#',
    'Token',
    'Probability',
    'Rank',
    'Surprisal',
    'Model’s top',
  ])
})

/** WCAG 2's contrast ratio of two `rgb(…)` colours. */
function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (light + 0.05) / (dark + 0.05)
}

function luminance(colour: string): number {
  const [r, g, b] = (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map((channel) => {
    const value = Number(channel) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
