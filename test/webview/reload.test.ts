import { describe, expect, it } from 'vitest'

import { eventually, panelUnderTest, typescript } from './panelUnderTest'

const test = panelUnderTest()
const { id } = typescript

describe('a reload', () => {
  const saved = {
    inspectionId: id,
    picked: { section: 0, position: 63 },
    scroll: 0,
    metric: 'entropy',
    k: 3,
    tabs: { main: 'tokens', detail: 'prediction', front: 'main' },
    explained: { tokenId: null, contrast: null, layer: null },
  }

  it('asks for the inspection and restores what was shown', async () => {
    const panel = await test.open({ savedState: saved })
    await test.posted('ready', { inspectionId: id })
    await panel.send({ type: 'showInspection', inspection: typescript, picked: null, focus: false })
    await test.page.locator('#row-0-63.picked').waitFor()
    expect(await test.page.locator('header select').inputValue()).toBe('entropy')
    expect(await test.count('.candidates tbody tr')).toBe(5) // 3, the gap and the actual one
  })

  it('restores the scroll offset of the table', async () => {
    const panel = await test.open({ savedState: { ...saved, scroll: 240 } })
    await panel.send({ type: 'showInspection', inspection: typescript, picked: null, focus: false })
    await eventually(() => test.page.evaluate(`document.querySelector('[role=grid]')?.scrollTop`)).toBe(240)
  })

  it('saves the inspection, pick, scroll offset, metric and number of alternatives, tabs and the explained token', async () => {
    const panel = await test.show(typescript)
    await test.page.keyboard.press('Home')
    await test.page.keyboard.press('ArrowDown')
    await eventually(() => panel.savedState()).toEqual({
      inspectionId: id,
      picked: { section: 0, position: 1 },
      scroll: 0,
      metric: 'surprisal',
      comparedColour: 'delta',
      k: 10,
      tabs: { main: 'tokens', detail: 'prediction', front: 'main' },
      explained: { tokenId: null, contrast: null, layer: null },
      lensCells: 'shownProbability',
      whyView: { order: 'size', open: [], knockedOut: null },
    })
  })

  it('ignores a saved state with invalid fields', async () => {
    await test.open({
      savedState: { inspectionId: 7, picked: 'x', scroll: -1, metric: 'mood', k: 1e9, tabs: 3 },
    })
    await test.posted('ready', { inspectionId: null })
  })
})

describe('keyboard shortcuts', () => {
  it('are listed by ?, and closing the list returns the focus to the table', async () => {
    await test.show(typescript)
    await test.page.keyboard.press('?')
    await test.page.locator('.keys button:focus').waitFor()
    await test.page.keyboard.press('Escape')
    await test.page.locator('[role=grid]:focus').waitFor()
    await test.page.locator('.keys').waitFor({ state: 'detached' })
  })

  it('do not include F6, which VS Code handles', async () => {
    await test.show(typescript)
    await test.page.evaluate(
      `addEventListener('keydown', (event) => { window.prevented = event.defaultPrevented })`,
    )
    await test.page.keyboard.press('F6')
    expect(await test.page.evaluate('window.prevented')).toBe(false)
  })
})
