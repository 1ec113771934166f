import { describe, expect, it } from 'vitest'

import type { Inspection } from '../../src/shared/contracts/panel/inspection'
import { formatDecimal } from '../../src/shared/text/format'
import { MOST_SURPRISING } from '../support/reference/miniExpectations'
import { tokenNumbers } from '../support/reference/sampleNumbers'
import { longInspection } from './longInspection'
import { eventually, panelUnderTest, typescript, typescriptSection } from './panelUnderTest'

const test = panelUnderTest()
const slider = '[role=slider].sparkline'

function firstTokens(count: number): Inspection {
  const tokens = typescriptSection.tokens.slice(0, count)
  const predictions = typescriptSection.predictions.slice(0, count)
  return { ...typescript, sections: [{ ...typescriptSection, tokens, predictions }] }
}

describe('the sparkline', () => {
  it('is a slider over the tokens', async () => {
    await test.show(typescript, { picked: { section: 0, position: 0 } })
    await test.page.locator(slider).press('ArrowRight')
    await test.posted('pickToken', { position: 1, how: 'reveal' })
    await eventually(() => test.attribute(slider, 'aria-valuetext')).toBe(
      `token 1, async, leading space, ${formatDecimal(tokenNumbers(1).surprisal, 1)} bits`,
    )
  })

  it('picks the token of the clicked bar', async () => {
    await test.show(typescript)
    const { x, y, width } = await boxOf('.sparkline svg')
    await test.page.mouse.click(x + (width * 40.5) / 85, y + 20)
    await test.posted('pickToken', { position: 40, how: 'reveal' })
  })

  it.each([1180, 340])('has the highest value beside the bars in %i pixels', async (width) => {
    await test.show(typescript, { width })
    const bits = formatDecimal(tokenNumbers(MOST_SURPRISING.position).surprisal, 1)
    expect(await test.text('.sparkline .top')).toBe(`${bits} bits`)
    const bars = await boxOf('.sparkline svg')
    expect(bars.x + bars.width).toBeLessThan((await boxOf('.sparkline .top')).x)
  })

  it('has bars of at most 14 pixels for a short text, from the left', async () => {
    await test.show(firstTokens(3))
    const bars = await boxOf('.sparkline svg')
    expect(bars.width).toBe(3 * 14)
    expect(bars.x).toBe((await boxOf(slider)).x)
  })

  it('does nothing on a click beside the bars of a short text', async () => {
    const panel = await test.show(firstTokens(3))
    await test.page.locator(slider).click({ position: { x: 300, y: 20 } })
    await test.page.locator(slider).press('Home')
    await test.posted('pickToken', { position: 0 })
    expect(await panel.messages('pickToken')).toHaveLength(1)
  })

  it('shows mean and maximum of the tokens that share a bar', async () => {
    await test.show(longInspection(14_400))
    const highest = (path: string) =>
      test.page.evaluate<number>(`
        Math.max(...[...document.querySelector('${path}').getAttribute('d').matchAll(/v-([\\d.]+)h/g)]
          .map(([, height]) => Number(height)))`)
    await eventually(() => highest('.peaks.normal')).toBe(100)
    expect(await highest('.bars.normal')).toBeLessThan(60)
  })

  it('dims the bars of the previous run', async () => {
    const panel = await test.show(typescript)
    const started: Inspection = {
      ...typescript,
      id: 'rerun',
      state: { kind: 'running' },
      sections: [{ ...typescriptSection, predictions: [], next: null }],
    }
    await panel.send({ type: 'showInspection', inspection: started, picked: null, focus: false })
    const predictions = typescriptSection.predictions.slice(0, 40)
    await panel.send({ type: 'appendPredictions', inspectionId: 'rerun', section: 0, predictions })
    const bars = async (look: string) =>
      ((await test.attribute(`.sparkline .bars.${look}`, 'd')) ?? '').split('M').length - 1
    await eventually(() => bars('stale')).toBe(44)
    expect(await bars('picked')).toBe(1)
  })
})

async function boxOf(selector: string) {
  const box = await test.page.locator(selector).boundingBox()
  if (box === null) throw new Error(`${selector} has no box`)
  return box
}
