import { describe, expect, it } from 'vitest'

import { encodeLensRows } from '../../src/shared/contracts/panel/lensRows'
import { lensRowOf } from '../support/panel/lensOfInspection'
import { answerLens, showLens } from './lensUnderTest'
import { longInspection } from './longInspection'
import { eventually, panelUnderTest, typescript } from './panelUnderTest'

const test = panelUnderTest()
const CONFIG = { section: 0, position: 63 }
const openLens = () => test.page.getByRole('tab', { name: 'Lens' }).click()

describe('the lens of 14,400 tokens', () => {
  it('requests and renders only what is near the visible columns', async () => {
    await test.show(longInspection(14_400), { picked: { section: 0, position: 7_000 } })
    await openLens()

    const { from, end } = (await test.called('lens')).request

    expect(from).toBeLessThanOrEqual(7_000)
    expect(end).toBeGreaterThan(7_000)
    expect(end - from).toBeLessThan(20)
    expect(await test.count('.lens-cell')).toBeLessThan(300)
  })

  it('requests the columns where scrolling ends', async () => {
    const panel = await test.show(longInspection(14_400), { picked: { section: 0, position: 0 } })
    await openLens()
    await test.called('lens', { from: 0 })
    await panel.forgetMessages()

    await test.page.evaluate(`(() => {
      const grid = document.querySelector('.lens')
      let steps = 0
      const scroll = () => { grid.scrollLeft += 600; if (++steps < 20) requestAnimationFrame(scroll) }
      scroll()
    })()`)

    const lastFrom = async () => (await test.calls('lens')).at(-1)?.request.from
    await eventually(lastFrom).toBeGreaterThan(150)
  })

  it('shows the last token after End', async () => {
    await test.show(longInspection(14_400), { picked: { section: 0, position: 0 } })
    await openLens()
    await test.page.locator('.lens').focus()
    await test.page.keyboard.press('End')
    await test.page.locator('#lens-0-14400-6[aria-selected=true]').waitFor()
    await test.called('lens', { end: 14_401 })
  })
})

describe('the requests of the lens', () => {
  it('are not made while another tab is open', async () => {
    await test.show(typescript)
    await test.page.getByRole('tab', { name: 'Why' }).click()
    await test.page.locator('#tab-why[aria-selected=true]').waitFor()
    expect(await test.calls('lens')).toEqual([])
  })

  it('are not repeated for rows that are computed', async () => {
    const panel = await showLens(test, typescript, { picked: CONFIG })
    await test.page.getByRole('tab', { name: 'Tokens' }).click()
    await panel.forgetMessages()
    await openLens()
    await test.page.locator('.lens .hit').first().waitFor()
    expect(await test.calls('lens')).toEqual([])
  })

  it('show progress with a Cancel after a moment, and nothing is requested after it until Resume', async () => {
    const panel = await test.show(typescript, { picked: CONFIG })
    await openLens()
    const call = await test.called('lens')
    await test.page.getByText('Computing what is visible…').waitFor()
    const delayed = await test.page.evaluate(`
      document.querySelector('.lens-status').getAnimations().map(({ effect }) => effect.getKeyframes()[0].visibility)`)
    expect(delayed).toEqual(['hidden'])

    await test.page.locator('.lens-status').getByRole('button', { name: 'Cancel' }).click()
    await eventually(() => call.isCancelled()).toBe(true)
    await panel.forgetMessages()
    await test.page.locator('.lens').focus()
    await test.page.keyboard.press('Home')
    await test.page.locator('#lens-0-0-6[aria-selected=true]').waitFor()
    expect(await test.calls('lens')).toEqual([])

    await test.page.getByRole('button', { name: 'Resume' }).click()
    await test.called('lens', { from: 0 })
  })

  it('tell why they failed, and Retry requests again', async () => {
    await test.show(typescript, { picked: CONFIG })
    await openLens()
    const call = await test.called('lens')
    await call.fail('The engine stopped.', ['selectModel'])
    const alert = test.page.getByRole('alert')
    await alert.getByText('Computing the lens failed: The engine stopped.').waitFor()
    await alert.getByRole('button', { name: 'Select Model' }).waitFor()

    await alert.getByRole('button', { name: 'Retry' }).click()

    await eventually(() => test.calls('lens')).toHaveLength(2)
    await alert.waitFor({ state: 'detached' })
  })

  it('ignore the end of an earlier request', async () => {
    await test.show(typescript, { picked: CONFIG })
    await openLens()
    const earlier = await test.called('lens')
    await test.page.locator('.lens-status').getByRole('button', { name: 'Cancel' }).click()
    await test.page.getByRole('button', { name: 'Resume' }).click()
    await eventually(() => test.calls('lens')).toHaveLength(2)

    await earlier.fail('old')

    await test.page.getByText('Computing what is visible…').waitFor()
    expect(await test.page.getByRole('alert').count()).toBe(0)
  })
})

it('rows that the host sends after a reload need no request', async () => {
  const savedState = { inspectionId: typescript.id, picked: CONFIG, tabs: { main: 'lens' } }
  const panel = await test.open({ savedState })
  await panel.send({ type: 'showInspection', inspection: typescript, picked: null, focus: false })
  const rows = Array.from({ length: 86 }, (_, position) => lensRowOf(typescript, { section: 0, position }))
  await panel.send({
    type: 'lensRows',
    inspectionId: typescript.id,
    side: 'shown',
    section: 0,
    position: 0,
    rows: encodeLensRows(rows),
  })
  await test.page.locator('.lens .hit').first().waitFor()
  await panel.forgetMessages()
  await test.page.locator('.lens').focus()
  await test.page.keyboard.press('Home')
  await test.page.locator('#lens-0-0-6[aria-selected=true]').waitFor()
  expect(await test.calls('lens')).toEqual([])
})

describe('the column Depth', () => {
  it('has the depth of the tokens whose lens is computed', async () => {
    const panel = await showLens(test, typescript, { picked: CONFIG })
    await panel.send({ type: 'settings', columns: ['depth', 'rank'], topK: 10 })
    await test.page.getByRole('tab', { name: 'Tokens' }).click()
    await eventually(() => test.texts('#row-0-63 .depth')).toEqual(['0']) // 63 modulo 7
    expect(await test.texts('#row-0-0 .depth')).toEqual([''])
  })

  it('follows the rows that arrive while the table is open', async () => {
    const panel = await test.show(typescript, { picked: CONFIG })
    await panel.send({ type: 'settings', columns: ['depth'], topK: 10 })
    await openLens()
    const call = await test.called('lens')
    await test.page.getByRole('tab', { name: 'Tokens' }).click()
    await answerLens(typescript, call)
    await eventually(() => test.texts('#row-0-64 .depth')).toEqual(['1'])
  })
})
