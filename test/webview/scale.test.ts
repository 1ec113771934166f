import { expect, it } from 'vitest'

import { elementAt } from '../../src/shared/elementAt'
import type { Inspection } from '../../src/shared/contracts/panel/inspection'
import type { Token, TokenPrediction } from '../../src/shared/contracts/engine/prediction'
import { eventually, panelUnderTest, typescript, typescriptSection } from './panelUnderTest'

const test = panelUnderTest()

/** The first `count` tokens of the reference text repeated. */
function repeated(count: number): { tokens: Token[]; predictions: TokenPrediction[] } {
  const { tokens: once } = typescriptSection
  const scored = [...typescriptSection.predictions]
  const tokens = Array.from({ length: count }, (_, i) => elementAt(once, i % once.length))
  const predictions = tokens.map((_, position) => ({
    ...elementAt(scored, position % once.length),
    position,
  }))
  return { tokens, predictions }
}

function inspectionOf(count: number): Inspection {
  return { ...typescript, sections: [{ ...typescriptSection, ...repeated(count) }] }
}

/** Records how many rows there are in the first frame that shows any. */
const COUNT_FIRST_ROWS = `
  requestAnimationFrame(function look() {
    const count = document.querySelectorAll('[role=row][data-position]').length
    if (count > 0) window.firstRows = count
    else requestAnimationFrame(look)
  })`

it('the table puts all 1,000 rows into the document', async () => {
  await test.show(inspectionOf(1000))
  await eventually(() => test.page.locator('[role=row][data-position]').count()).toBe(1001)
})

it('the table shows the first of 20,000 rows before it renders all, and can go to the last', async () => {
  await test.open()
  await test.page.evaluate(`
    window.inspection = ${JSON.stringify(typescript)}
    const [section] = inspection.sections
    const tokens = Array.from({ length: 20_000 }, (_, i) => section.tokens[i % section.tokens.length])
    const predictions = tokens.map((token, position) => ({ ...section.predictions.at(position % 85), position }))
    inspection.sections = [{ ...section, tokens, predictions }]`)
  await test.page.evaluate(COUNT_FIRST_ROWS)
  await test.page.evaluate(`
    dispatchEvent(new MessageEvent('message', { data: { type: 'showInspection', inspection, picked: null, focus: true } }))`)
  await test.page.locator('[role=grid]:focus').waitFor()
  await test.page.keyboard.press('End')
  await test.page.locator('#row-0-20000.picked').waitFor()
  await test.page.keyboard.press('Home')
  await test.page.locator('#row-0-0.picked').waitFor()
  expect(await test.page.evaluate('window.firstRows')).toBeLessThan(2_000)
})

it('the table updates only the rows that change while predictions stream in', async () => {
  const { tokens, predictions } = repeated(1000)
  const running: Inspection = {
    ...typescript,
    state: { kind: 'running' },
    sections: [{ ...typescriptSection, tokens, predictions: predictions.slice(0, 500), next: null }],
  }
  const panel = await test.show(running)
  await eventually(() => test.page.locator('[role=row][data-position]').count()).toBe(1001)
  await test.page.evaluate(`
    window.mutations = 0
    new MutationObserver((records) => (window.mutations += records.length)).observe(
      document.querySelector('#row-0-100').parentElement,
      { subtree: true, childList: true, attributes: true, characterData: true },
    )`)
  await panel.send({
    type: 'appendPredictions',
    inspectionId: typescript.id,
    section: 0,
    predictions: predictions.slice(500, 600),
  })
  await eventually(() => test.page.locator('#row-0-599').textContent()).toContain('%')
  expect(await test.page.evaluate('window.mutations')).toBe(0)
})
