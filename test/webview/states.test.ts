import { describe, expect, it } from 'vitest'

import type { Inspection } from '../../src/shared/contracts/prediction'
import { formatDecimal } from '../../src/shared/text/format'
import { MOST_SURPRISING } from '../support/reference/miniExpectations'
import { SUMMARY, tokenNumbers } from '../support/reference/sampleNumbers'
import { eventually, panelUnderTest, typescript, typescriptSection as section } from './panelUnderTest'

const test = panelUnderTest()
const { id } = typescript

/** The inspection at its start: the tokens are known, none is scored. */
const started: Inspection = {
  ...typescript,
  state: { kind: 'running' },
  sections: [{ ...section, predictions: [], next: null }],
}

describe('a model whose files have another format than OpenAI’s', () => {
  it('has a remark in the header', async () => {
    const remarks = ['Linear layout, transposed on load']
    await test.show({ ...typescript, model: { ...typescript.model, remarks } })
    expect(await test.text('header')).toContain('Linear layout, transposed on load')
  })
})

describe('Measure Precision Cost', () => {
  it('has a button in the header', async () => {
    await test.show(typescript)
    await test.page.getByRole('button', { name: 'Measure Precision Cost' }).click()
    await test.posted('runCommand', { command: 'measurePrecisionCost' })
  })

  it('is not offered while the text is being scored', async () => {
    await test.show(started)
    expect(await test.page.getByRole('button', { name: 'Measure Precision Cost' }).count()).toBe(0)
  })

  it('is not offered if the model does not fit into memory in fp32', async () => {
    const model = { ...typescript.model, parameters: 1_557_611_200, precision: 'int8' as const }
    await test.show({ ...typescript, model })
    expect(await test.text('header')).toContain('1.6 B parameters · int8')
    expect(await test.page.getByRole('button', { name: 'Measure Precision Cost' }).count()).toBe(0)
  })

  it('keeps the focus on its button during and after the measurement, and does not run twice', async () => {
    const panel = await test.show(typescript)
    const commands = () => panel.messages('runCommand')
    const button = test.page.locator('button:focus', { hasText: 'Measure Precision Cost' })
    await test.page.getByRole('button', { name: 'Measure Precision Cost' }).press('Enter')
    expect(await commands()).toHaveLength(1)

    const running = { kind: 'running', done: 40, total: 85 } as const
    await panel.send({ type: 'setPrecisionCost', inspectionId: id, state: running })
    await eventually(() => button.getAttribute('aria-disabled')).toBe('true')
    await test.page.keyboard.press('Enter')
    const cost = { tokens: 84, mean: 0.0173, max: 0.192, sameTop: 0.99 }
    await panel.send({ type: 'setPrecisionCost', inspectionId: id, state: { kind: 'done', cost } })

    await eventually(() => button.getAttribute('aria-disabled')).toBe('false')
    expect(await commands()).toHaveLength(1)
  })

  it('gives the focus to the table when the focused Cancel button is removed', async () => {
    const panel = await test.show(typescript)
    const running = { kind: 'running', done: 40, total: 85 } as const
    await panel.send({ type: 'setPrecisionCost', inspectionId: id, state: running })
    await test.page.getByRole('button', { name: 'Cancel' }).focus()
    await panel.send({ type: 'setPrecisionCost', inspectionId: id, state: { kind: 'cancelled' } })
    await test.page.locator('[role=grid]:focus').waitFor()
  })

  it('shows its progress and is cancelled by its button', async () => {
    const panel = await test.show(typescript)
    const state = { kind: 'running', done: 40, total: 85 } as const
    await panel.send({ type: 'setPrecisionCost', inspectionId: id, state })
    await eventually(() => test.text('.notice')).toContain('40 of 85 tokens in the other precision')
    await test.page.getByRole('button', { name: 'Cancel' }).click()
    await test.posted('runCommand', { command: 'cancelPrecisionCost' })
  })

  it('shows its result, and nothing when it is cancelled', async () => {
    const panel = await test.show(typescript)
    const cost = { tokens: 84, mean: 0.0173, max: 0.192, sameTop: 0.99 }
    await panel.send({ type: 'setPrecisionCost', inspectionId: id, state: { kind: 'done', cost } })
    await eventually(() => test.text('.notice')).toContain('0.0173 nats on average, 0.192 at most')
    await panel.send({ type: 'setPrecisionCost', inspectionId: id, state: { kind: 'cancelled' } })
    await test.page.locator('.notice').waitFor({ state: 'detached' })
  })

  it('shows why it failed', async () => {
    const panel = await test.show(typescript)
    const state = { kind: 'failed', message: 'Another model is selected.' } as const
    await panel.send({ type: 'setPrecisionCost', inspectionId: id, state })
    await eventually(() => test.text('[role=alert]')).toContain('Another model is selected.')
  })
})

describe('a running inspection', () => {
  it('shows the text immediately and fills in predictions as they arrive', async () => {
    const panel = await test.show(started)
    await eventually(() => test.page.locator('.running-text .unscored').count()).toBe(85)
    expect(await test.text('.notice')).toContain('0 of 85 tokens')
    await panel.send({
      type: 'appendPredictions',
      inspectionId: id,
      section: 0,
      predictions: section.predictions.slice(0, 40),
    })
    await eventually(() => test.text('.notice')).toContain('40 of 85 tokens')
    await eventually(() => test.page.locator('.running-text .unscored').count()).toBe(45)
    await eventually(() => test.text('#row-0-39')).toContain('%')
    expect(await test.text('#row-0-40')).not.toContain('%')
  })

  it('requests the picked row as soon as it is scored', async () => {
    const panel = await test.show(started)
    expect(await panel.messages('requestLogits')).toEqual([])
    const { predictions } = section
    await panel.send({ type: 'appendPredictions', inspectionId: id, section: 0, predictions })
    await test.posted('requestLogits', { section: 0, position: 0 })
  })

  it('is cancelled by its button and by Escape', async () => {
    const panel = await test.show(started)
    await test.page.getByRole('button', { name: 'Cancel' }).click()
    await test.posted('runCommand', { command: 'cancelInspection' })
    await panel.forgetMessages()
    await test.page.keyboard.press('Escape')
    await test.posted('runCommand', { command: 'cancelInspection' })
  })

  it('gives the focus to the table when the focused Cancel button is removed', async () => {
    const panel = await test.show(started)
    await test.page.getByRole('button', { name: 'Cancel' }).focus()
    await panel.send({ type: 'setState', inspectionId: id, state: { kind: 'done', seconds: 0.42 } })
    await test.page.locator('[role=grid]:focus').waitFor()
  })

  it('shows its figures when it is done', async () => {
    const panel = await test.show(started)
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
    await eventually(() => test.text('#row-0-85')).toContain('%')
  })

  it('ignores messages about another inspection', async () => {
    const panel = await test.show(started)
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

describe('an inspection that failed, was cancelled or is out of date', () => {
  it.each<[string, Inspection['state'], string]>([
    ['cancelled', { kind: 'cancelled' }, 'Cancelled after 85 of 85 tokens'],
    [
      'failed',
      { kind: 'failed', message: 'The engine ran out of memory.', remedies: [] },
      'The engine ran out of memory.',
    ],
  ])('%s shows a notice and can be run again', async (_, state, notice) => {
    await test.show({ ...typescript, state })
    expect(await test.text('.notice')).toContain(notice)
    await test.page.getByRole('button', { name: 'Run Again' }).click()
    await test.posted('runCommand', { command: 'runAgain' })
  })

  it('shows a notice while it is out of date', async () => {
    const panel = await test.show(typescript)
    await panel.send({ type: 'setOutOfDate', inspectionId: id, outOfDate: true })
    await eventually(() => test.text('.notice')).toContain('The document has changed')
    await panel.send({ type: 'setOutOfDate', inspectionId: id, outOfDate: false })
    await test.page.locator('.notice').waitFor({ state: 'detached' })
  })

  it('shows a failure as an alert, with a button for the log', async () => {
    await test.show({
      ...typescript,
      state: { kind: 'failed', message: 'No memory.', remedies: ['selectModel'] },
    })
    expect(await test.text('[role=alert]')).toBe('No memory.')
    await test.page.getByRole('button', { name: 'Show Log' }).click()
    await test.posted('runCommand', { command: 'showLog' })
  })

  it('offers to switch the model if that can help', async () => {
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
    ['noEditor', 'Open a file to inspect', 'openText'],
    ['noInspection', 'run Inspect Logits', 'inspectLogits'],
  ] as const)('%s shows what to do', async (reason, notice, command) => {
    const panel = await test.open()
    await panel.send({ type: 'showEmpty', reason })
    await eventually(() => test.text('.page')).toContain(notice)
    await test.page.locator('.page button').click()
    await test.posted('runCommand', { command })
  })

  it('shows that the document is empty', async () => {
    const panel = await test.open()
    await panel.send({ type: 'showEmpty', reason: 'emptyDocument' })
    await eventually(() => test.text('.page')).toContain('The document is empty')
  })

  it('shows what is being prepared, then the failure', async () => {
    const panel = await test.open()
    await panel.send({ type: 'showPreparing', note: 'Loading mini…' })
    await eventually(() => test.text('.page')).toContain('Loading mini…')
    await panel.send({ type: 'showFailure', message: 'The model folder has no config.json.', remedies: [] })
    await eventually(() => test.text('.page [role=alert]')).toBe('The model folder has no config.json.')
  })
})

describe('the live region', () => {
  const announced = () => test.text('[aria-live=polite]')

  it('announces the start, and at the end the summary and the most surprising token', async () => {
    const panel = await test.show(started)
    const { tokens, perplexity, bitsPerToken } = SUMMARY
    const { position } = MOST_SURPRISING
    const bits = formatDecimal(tokenNumbers(position).surprisal, 1)
    const mostSurprising = `Config, leading space, token ${position}, ${bits} bits`
    await eventually(announced).toBe('Inspecting 85 tokens of typescript +bos.')
    await panel.send({
      type: 'appendPredictions',
      inspectionId: id,
      section: 0,
      predictions: section.predictions,
    })
    await panel.send({ type: 'setState', inspectionId: id, state: { kind: 'done', seconds: 1 } })
    await eventually(announced).toBe(
      `Done: ${tokens} tokens, perplexity ${perplexity}, ${bitsPerToken} bits per token. Most surprising: ${mostSurprising}.`,
    )
  })

  it('announces after how many tokens the inspection was cancelled', async () => {
    const panel = await test.show(started)
    await panel.send({ type: 'setState', inspectionId: id, state: { kind: 'cancelled' } })
    await eventually(announced).toBe('Cancelled after 0 of 85 tokens.')
  })

  it('announces nothing about an inspection that is restored', async () => {
    await test.show(typescript)
    expect(await announced()).toBe('')
  })
})

describe('a reload', () => {
  const saved = { inspectionId: id, picked: { section: 0, position: 63 }, scroll: 0, metric: 'entropy', k: 3 }

  it('asks for the inspection and restores what was shown', async () => {
    const panel = await test.open({ savedState: saved })
    await test.posted('ready', { inspectionId: id })
    await panel.send({ type: 'showInspection', inspection: typescript, focus: false })
    await test.page.locator('#row-0-63.picked').waitFor()
    expect(await test.page.locator('header select').inputValue()).toBe('entropy')
    expect(await test.page.locator('.candidates tbody tr').count()).toBe(5) // 3, the gap and the actual one
  })

  it('restores the scroll offset of the table', async () => {
    const panel = await test.open({ savedState: { ...saved, scroll: 240 } })
    await panel.send({ type: 'showInspection', inspection: typescript, focus: false })
    await eventually(() => test.page.evaluate(`document.querySelector('[role=grid]')?.scrollTop`)).toBe(240)
  })

  it('saves the inspection, pick, scroll offset, metric and number of alternatives', async () => {
    const panel = await test.show(typescript)
    await test.page.keyboard.press('ArrowDown')
    await eventually(() => panel.savedState()).toEqual({
      inspectionId: id,
      picked: { section: 0, position: 1 },
      scroll: 0,
      metric: 'surprisal',
      k: 10,
    })
  })

  it('ignores a saved state with invalid fields', async () => {
    await test.open({ savedState: { inspectionId: 7, picked: 'x', scroll: -1, metric: 'mood', k: 1e9 } })
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
    expect(await test.page.locator('.keys').count()).toBe(0)
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
