import { describe, expect, it } from 'vitest'

import type { Inspection } from '../../src/shared/contracts/prediction'
import { eventually, panelUnderTest, typescript } from './panelUnderTest'

const test = panelUnderTest()

const [section] = typescript.sections
const { id } = typescript

/** The inspection as it begins: the tokens are known, nothing is scored. */
const begun: Inspection = {
  ...typescript,
  state: { kind: 'running' },
  sections: [{ ...section, predictions: [], next: null }],
}

describe('a model whose files are not as OpenAI’s own', () => {
  it('says so in the header', async () => {
    const remarks = ['Linear layout, transposed on load']
    await test.show({ ...typescript, model: { ...typescript.model, remarks } })
    expect(await test.text('header')).toContain('Linear layout, transposed on load')
  })
})

describe('the cost of the precision', () => {
  it('is asked for beside the precision', async () => {
    await test.show(typescript)
    await test.page.getByRole('button', { name: 'Measure Precision Cost' }).click()
    await test.posted('runCommand', { command: 'measurePrecisionCost' })
  })

  it('cannot be asked for while the text is still being scored', async () => {
    await test.show(begun)
    expect(await test.page.getByRole('button', { name: 'Measure Precision Cost' }).count()).toBe(0)
  })

  it('is not offered where fp32 cannot be loaded', async () => {
    const model = { ...typescript.model, parameters: 1_557_611_200, precision: 'int8' as const }
    await test.show({ ...typescript, model })
    expect(await test.text('header')).toContain('1.6 B parameters · int8')
    expect(await test.page.getByRole('button', { name: 'Measure Precision Cost' }).count()).toBe(0)
  })

  it('leaves the focus on its button while it is measured and after, and is not asked for twice', async () => {
    const panel = await test.show(typescript)
    const asked = () => panel.messages('runCommand')
    const button = test.page.locator('button:focus', { hasText: 'Measure Precision Cost' })
    await test.page.getByRole('button', { name: 'Measure Precision Cost' }).press('Enter')
    expect(await asked()).toHaveLength(1)

    const running = { kind: 'running', done: 40, total: 85 } as const
    await panel.send({ type: 'setPrecisionCost', inspectionId: id, state: running })
    await eventually(() => button.getAttribute('aria-disabled')).toBe('true')
    await test.page.keyboard.press('Enter')
    const cost = { tokens: 84, mean: 0.0173, max: 0.192, sameTop: 0.99 }
    await panel.send({ type: 'setPrecisionCost', inspectionId: id, state: { kind: 'done', cost } })

    await eventually(() => button.getAttribute('aria-disabled')).toBe('false')
    expect(await asked()).toHaveLength(1)
  })

  it('gives the focus to the table when its Cancel, which had it, goes away', async () => {
    const panel = await test.show(typescript)
    const running = { kind: 'running', done: 40, total: 85 } as const
    await panel.send({ type: 'setPrecisionCost', inspectionId: id, state: running })
    await test.page.getByRole('button', { name: 'Cancel' }).focus()
    await panel.send({ type: 'setPrecisionCost', inspectionId: id, state: { kind: 'cancelled' } })
    await test.page.locator('[role=grid]:focus').waitFor()
  })

  it('shows how far it has come, and is cancelled by its button', async () => {
    const panel = await test.show(typescript)
    const state = { kind: 'running', done: 40, total: 85 } as const
    await panel.send({ type: 'setPrecisionCost', inspectionId: id, state })
    await eventually(() => test.text('.notice')).toContain('40 of 85 tokens in the other precision')
    await test.page.getByRole('button', { name: 'Cancel' }).click()
    await test.posted('runCommand', { command: 'cancelPrecisionCost' })
  })

  it('is shown in figures, and gone when it was cancelled', async () => {
    const panel = await test.show(typescript)
    const cost = { tokens: 84, mean: 0.0173, max: 0.192, sameTop: 0.99 }
    await panel.send({ type: 'setPrecisionCost', inspectionId: id, state: { kind: 'done', cost } })
    await eventually(() => test.text('.notice')).toContain('0.0173 nats on average, 0.192 at most')
    await panel.send({ type: 'setPrecisionCost', inspectionId: id, state: { kind: 'cancelled' } })
    await test.page.locator('.notice').waitFor({ state: 'detached' })
  })

  it('says what went wrong', async () => {
    const panel = await test.show(typescript)
    const state = { kind: 'failed', message: 'Another model is selected.' } as const
    await panel.send({ type: 'setPrecisionCost', inspectionId: id, state })
    await eventually(() => test.text('[role=alert]')).toContain('Another model is selected.')
  })
})

describe('a running inspection', () => {
  it('shows the text at once and fills as predictions come', async () => {
    const panel = await test.show(begun)
    expect(await test.page.locator('.running-text .unscored').count()).toBe(85)
    expect(await test.text('.notice')).toContain('0 of 85 tokens')
    await panel.send({
      type: 'appendPredictions',
      inspectionId: id,
      section: 0,
      predictions: section.predictions.slice(0, 40),
    })
    await eventually(() => test.text('.notice')).toContain('40 of 85 tokens')
    await eventually(() => test.page.locator('.running-text .unscored').count()).toBe(45)
    expect(await test.text('#row-0-39')).toContain('%')
    expect(await test.text('#row-0-40')).not.toContain('%')
  })

  it('asks for the picked row as soon as it is scored', async () => {
    const panel = await test.show(begun)
    expect(await panel.messages('requestLogits')).toEqual([])
    const { predictions } = section
    await panel.send({ type: 'appendPredictions', inspectionId: id, section: 0, predictions })
    await test.posted('requestLogits', { section: 0, position: 0 })
  })

  it('is cancelled by its button and by Escape', async () => {
    const panel = await test.show(begun)
    await test.page.getByRole('button', { name: 'Cancel' }).click()
    await test.posted('runCommand', { command: 'cancelInspection' })
    await panel.forgetMessages()
    await test.page.keyboard.press('Escape')
    await test.posted('runCommand', { command: 'cancelInspection' })
  })

  it('gives the focus to the table when its Cancel, which had it, goes away', async () => {
    const panel = await test.show(begun)
    await test.page.getByRole('button', { name: 'Cancel' }).focus()
    await panel.send({ type: 'setState', inspectionId: id, state: { kind: 'done', seconds: 0.42 } })
    await test.page.locator('[role=grid]:focus').waitFor()
  })

  it('ends with its figures', async () => {
    const panel = await test.show(begun)
    await panel.send({
      type: 'appendPredictions',
      inspectionId: id,
      section: 0,
      predictions: section.predictions,
    })
    if (section.next !== null)
      await panel.send({ type: 'setNext', inspectionId: id, section: 0, next: section.next })
    await panel.send({ type: 'setState', inspectionId: id, state: { kind: 'done', seconds: 0.42 } })
    await test.page.locator('.notice').waitFor({ state: 'detached' })
    expect(await test.text('header')).toContain('0.42 s')
    expect(await test.text('#row-0-85')).toContain('%')
  })

  it('ignores what belongs to another inspection', async () => {
    const panel = await test.show(begun)
    const { predictions } = section
    await panel.send({ type: 'appendPredictions', inspectionId: 'older', section: 0, predictions })
    await panel.send({
      type: 'appendPredictions',
      inspectionId: id,
      section: 0,
      predictions: predictions.slice(0, 1),
    })
    await eventually(() => test.text('.notice')).toContain('1 of 85 tokens')
  })
})

describe('an inspection that is not the last word', () => {
  it.each<[string, Inspection['state'], string]>([
    ['cancelled', { kind: 'cancelled' }, 'Cancelled after 85 of 85 tokens'],
    [
      'failed',
      { kind: 'failed', message: 'The engine ran out of memory.', remedies: [] },
      'The engine ran out of memory.',
    ],
  ])('%s says so and can be run again', async (_, state, says) => {
    await test.show({ ...typescript, state })
    expect(await test.text('.notice')).toContain(says)
    await test.page.getByRole('button', { name: 'Run Again' }).click()
    await test.posted('runCommand', { command: 'runAgain' })
  })

  it('out of date says so, until it is current again', async () => {
    const panel = await test.show(typescript)
    await panel.send({ type: 'setOutOfDate', inspectionId: id, outOfDate: true })
    await eventually(() => test.text('.notice')).toContain('The document has changed')
    await panel.send({ type: 'setOutOfDate', inspectionId: id, outOfDate: false })
    await test.page.locator('.notice').waitFor({ state: 'detached' })
  })

  it('failed is an alert with a way to the log', async () => {
    await test.show({
      ...typescript,
      state: { kind: 'failed', message: 'No memory.', remedies: ['selectModel'] },
    })
    expect(await test.text('[role=alert]')).toBe('No memory.')
    await test.page.getByRole('button', { name: 'Show Log' }).click()
    await test.posted('runCommand', { command: 'showLog' })
  })

  it('that another model may do without offers the choice', async () => {
    await test.show({
      ...typescript,
      state: { kind: 'failed', message: 'No memory.', remedies: ['selectModel'] },
    })
    await test.page.getByRole('button', { name: 'Switch Model' }).click()
    await test.posted('runCommand', { command: 'selectModel' })
  })
})

describe('a panel without an inspection', () => {
  it.each([
    ['noEditor', 'Open a text to inspect', 'openText'],
    ['noInspection', 'run Inspect Logits', 'inspectLogits'],
  ] as const)('%s says what to do', async (reason, says, command) => {
    const panel = await test.open()
    await panel.send({ type: 'showEmpty', reason })
    await eventually(() => test.text('.page')).toContain(says)
    await test.page.locator('.page button').click()
    await test.posted('runCommand', { command })
  })

  it('says that the document is empty', async () => {
    const panel = await test.open()
    await panel.send({ type: 'showEmpty', reason: 'emptyDocument' })
    await eventually(() => test.text('.page')).toContain('The document is empty')
  })

  it('says what is being prepared, then what went wrong', async () => {
    const panel = await test.open()
    await panel.send({ type: 'showPreparing', note: 'Loading mini…' })
    await eventually(() => test.text('.page')).toContain('Loading mini…')
    await panel.send({ type: 'showFailure', message: 'The model folder lacks config.json.', remedies: [] })
    await eventually(() => test.text('.page [role=alert]')).toBe('The model folder lacks config.json.')
  })
})

describe('the live region', () => {
  const spoken = () => test.text('[aria-live=polite]')

  it('says that it has started, and at the end the summary and what was most surprising', async () => {
    const panel = await test.show(begun)
    await eventually(spoken).toBe('Inspecting 85 tokens of typescript +bos.')
    await panel.send({
      type: 'appendPredictions',
      inspectionId: id,
      section: 0,
      predictions: section.predictions,
    })
    await eventually(() => test.text('.notice')).toContain('85 of 85')
    expect(await spoken()).toBe('Inspecting 85 tokens of typescript +bos.') // progress is not yet due
    await panel.send({ type: 'setState', inspectionId: id, state: { kind: 'done', seconds: 1 } })
    await eventually(spoken).toBe(
      'Done: 85 tokens, perplexity 9.0, 3.17 bits per token. Most surprising: Config, leading space, token 63, 11.8 bits.',
    )
  })

  it('says that it was cancelled, and after how many', async () => {
    const panel = await test.show(begun)
    await panel.send({ type: 'setState', inspectionId: id, state: { kind: 'cancelled' } })
    await eventually(spoken).toBe('Cancelled after 0 of 85 tokens.')
  })

  it('is silent about an inspection that comes back', async () => {
    await test.show(typescript)
    expect(await spoken()).toBe('')
  })
})

describe('a reload', () => {
  const kept = { inspectionId: id, picked: { section: 0, position: 63 }, scroll: 0, metric: 'entropy', k: 3 }

  it('names the inspection and shows it as it was', async () => {
    const panel = await test.open({ keptState: kept })
    await test.posted('ready', { inspectionId: id })
    await panel.send({ type: 'showInspection', inspection: typescript, focus: false })
    await test.page.locator('#row-0-63.picked').waitFor()
    expect(await test.page.locator('header select').inputValue()).toBe('entropy')
    expect(await test.page.locator('.candidates tbody tr').count()).toBe(5) // 3, the gap and the actual one
  })

  it('comes back to where the table was scrolled to', async () => {
    const panel = await test.open({ keptState: { ...kept, scroll: 240 } })
    await panel.send({ type: 'showInspection', inspection: typescript, focus: false })
    await eventually(() => test.page.evaluate(`document.querySelector('[role=grid]')?.scrollTop`)).toBe(240)
  })

  it('keeps exactly what it needs', async () => {
    const panel = await test.show(typescript)
    await test.page.keyboard.press('ArrowDown')
    await eventually(() => panel.keptState()).toEqual({
      inspectionId: id,
      picked: { section: 0, position: 1 },
      scroll: 0,
      metric: 'surprisal',
      k: 10,
    })
  })

  it('takes nothing from a state that it does not know', async () => {
    await test.open({ keptState: { inspectionId: 7, picked: 'x', scroll: -1, metric: 'mood', k: 1e9 } })
    await test.posted('ready', { inspectionId: null })
  })
})

describe('keys', () => {
  it('are listed by ?, and the list gives the focus back', async () => {
    await test.show(typescript)
    await test.page.keyboard.press('?')
    await test.page.locator('.keys button:focus').waitFor()
    await test.page.keyboard.press('Escape')
    await test.page.locator('[role=grid]:focus').waitFor()
    expect(await test.page.locator('.keys').count()).toBe(0)
  })

  it('never swallow F6', async () => {
    await test.show(typescript)
    await test.page.evaluate(
      `addEventListener('keydown', (event) => { window.swallowed = event.defaultPrevented })`,
    )
    await test.page.keyboard.press('F6')
    expect(await test.page.evaluate('window.swallowed')).toBe(false)
  })
})
