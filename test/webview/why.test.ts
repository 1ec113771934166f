import { describe, expect, it } from 'vitest'

import { eventually, panelUnderTest, typescript } from './panelUnderTest'
import { answerOf, showAnswered, showWhy, subjectOf } from './whyAnswers'

const test = panelUnderTest()
const contrast = () => test.page.getByLabel('in contrast with')

describe('the question', () => {
  it('is why the picked token and not the most likely other one, once the tab is open', async () => {
    await showWhy(test)
    const { request } = await test.called('why')
    expect(request).toEqual({ subject: subjectOf(), knockedOut: [] })
    expect(await test.calls('why')).toHaveLength(1)
  })

  it('is not asked while the tab is closed, or hidden in a narrow panel', async () => {
    const panel = await showWhy(test, { width: 520 })
    const call = await test.called('why')
    await test.page.getByRole('tab', { name: 'Tokens' }).click()
    await panel.forgetMessages()

    await test.page.getByRole('grid').press('ArrowDown')
    await test.called('logits')

    await eventually(() => call.isCancelled()).toBe(true)
    expect(await test.calls('why')).toEqual([])
  })

  it('follows the picked token, and a held key asks only where it stops', async () => {
    const panel = await showAnswered(test)
    await panel.forgetMessages()

    await panel.holdKey('ArrowDown', 5)

    await eventually(async () => (await test.calls('why')).at(-1)?.request.subject.position).toBe(68)
    expect(await test.calls('why')).toHaveLength(1)
  })

  it('of the next row is about the most likely token, in contrast with the second', async () => {
    const position = typescript.sections[0]?.tokens.length ?? NaN
    await showWhy(test, { picked: { section: 0, position } })
    const { subject } = (await test.called('why')).request
    const [first, second] = [...(typescript.sections[0]?.next?.top ?? [])]
    expect(subject).toMatchObject({
      position,
      tokenId: first?.tokenId,
      contrast: { kind: 'token', tokenId: second?.tokenId },
    })
  })
})

describe('an answer from another backend than the predictions', () => {
  const note = 'Computed on native, 2 threads. The predictions are from WASM, 1 thread.'

  it('says so', async () => {
    await showAnswered(test, { change: { model: { ...typescript.model, backend: 'native', threads: 2 } } })

    await eventually(() => test.texts('.why .note')).toContain(note)
  })

  it('is not said of an answer from the same one', async () => {
    await showAnswered(test)

    expect((await test.texts('.why .note')).join()).not.toContain('Computed on')
  })
})

describe('what the token is contrasted with', () => {
  it('can be another listed token, the mean or nothing', async () => {
    await showAnswered(test)
    for (const [label, expected] of [
      [/^·Mongo/, { kind: 'token' }],
      ['the mean of all tokens', { kind: 'mean' }],
      ['nothing: its own logit', { kind: 'nothing' }],
    ] as const) {
      await contrast().selectOption({ label: await optionText(label) })
      await eventually(async () => (await test.called('why')).request.subject.contrast).toMatchObject(
        expected,
      )
    }
  })

  it('can be the first token of a typed text', async () => {
    await showAnswered(test)
    await contrast().selectOption('another token…')
    await test.page.getByLabel('Text whose first token').fill(' algebra')
    await test.page.keyboard.press('Enter')
    const call = await test.called('firstToken', { text: ' algebra' })

    await call.resolve(37139)

    await eventually(async () => (await test.called('why')).request.subject.contrast).toEqual({
      kind: 'token',
      tokenId: 37139,
    })
    await test.page.getByLabel('Text whose first token').waitFor({ state: 'detached' })
  })

  it('says that a typed text could not be tokenized', async () => {
    await showAnswered(test)
    await contrast().selectOption('another token…')
    await test.page.getByLabel('Text whose first token').fill('x')
    await test.page.keyboard.press('Enter')
    const call = await test.called('firstToken', { text: 'x' })

    await call.resolve(null)

    await test.page.getByText('The text could not be tokenized. Try again.').waitFor()
  })

  it('is the alternative that is clicked in the table', async () => {
    await showAnswered(test)
    const alternative = test.page.locator('#row-0-63 .alternative').nth(1)
    const tokenId = Number(await alternative.getAttribute('data-alternative'))

    await alternative.click()

    await eventually(async () => (await test.called('why')).request.subject.contrast).toEqual({
      kind: 'token',
      tokenId,
    })
  })

  it('is the alternative that is clicked in Prediction, where it is marked', async () => {
    await test.show(typescript)
    const line = test.page.locator('.candidate').nth(1)
    const tokenId = Number(await line.getAttribute('data-alternative'))

    await line.click()

    await line.locator('code.side.minus').waitFor()
    await test.page.getByRole('tab', { name: 'Why' }).click()
    const { subject } = (await test.called('why')).request
    expect(subject.contrast).toEqual({ kind: 'token', tokenId })
  })

  it('is never the explained token itself', async () => {
    await showAnswered(test)
    await test.page.locator('#row-0-61').click()
    await eventually(async () => (await test.called('why')).request.subject.position).toBe(61)
    const before = (await test.called('why')).request.subject

    await test.page.locator('#row-0-61 .alternative.actual').click()

    await test.posted('pickToken', { position: 61 })
    expect((await test.called('why')).request.subject).toEqual(before)
  })

  async function optionText(label: string | RegExp): Promise<string> {
    const texts = await contrast().locator('option').allInnerTexts()
    return texts.find((text) => (typeof label === 'string' ? text === label : label.test(text))) ?? ''
  }
})

describe('the charts', () => {
  it('are images whose labels have the numbers', async () => {
    await showAnswered(test)
    const label = await test.page.getByRole('img', { name: 'after each layer' }).getAttribute('aria-label')
    expect(label).toMatch(
      /^after each layer\. Error, leading space: embeddings .*output 60\.7 %\. Config, leading space: /,
    )
  })

  it('mark values below the axis', async () => {
    await showAnswered(test)
    expect(await test.page.locator('logitscope-curves').first().locator('.below').count()).toBeGreaterThan(0)
    expect(await test.page.locator('logitscope-curves').last().locator('.below').count()).toBe(0)
  })

  it('mark no place before the host has told which there are', async () => {
    await showWhy(test)
    await eventually(() => test.page.locator('logitscope-curves svg .rule').count()).toBeGreaterThan(2)
    expect(await test.page.locator('logitscope-curves').last().locator('.marked-place').count()).toBe(0)
  })

  it('show the points that have arrived', async () => {
    await showWhy(test)
    const subject = subjectOf({ kind: 'mean' })
    await contrast().selectOption('mean')
    const call = await test.called('why', { subject })
    await call.progress({ kind: 'answer', answer: answerOf(subject, { context: null, layers: null }) })

    const context = [[1, 2, 4].map((tokens) => ({ tokens, logProb: -2 }))]
    await call.progress({ kind: 'part', part: { kind: 'context', context } })

    await eventually(() => test.page.locator('logitscope-curves').last().locator('circle').count()).toBe(3)
  })
})

describe('the progress of an answer', () => {
  it('is shown with Cancel, and a cancelled answer can be resumed', async () => {
    const panel = await showWhy(test)
    const call = await test.called('why')
    await test.page.getByRole('button', { name: 'Cancel' }).click()
    await eventually(() => call.isCancelled()).toBe(true)
    await panel.forgetMessages()

    await test.page.getByRole('button', { name: 'Resume' }).click()

    await test.called('why')
  })

  it('ends with the reason of a failure, its remedies and Retry', async () => {
    const panel = await showWhy(test)
    const call = await test.called('why', { subject: subjectOf() })
    await call.fail('The engine restarted. Try again.', ['useInt8'])
    await test.page.getByText('Explaining the prediction failed: The engine restarted.').waitFor()
    await panel.forgetMessages()

    await test.page.getByRole('button', { name: 'Retry' }).click()

    await test.called('why')
    await test.page.getByRole('button', { name: 'Use int8' }).waitFor({ state: 'detached' })
  })

  it('keeps the earlier numbers, dimmed, until the next answer begins', async () => {
    await showAnswered(test)
    await contrast().selectOption('mean')
    await test.page.locator('.explanation.stale[aria-busy=true]').waitFor()
    expect(await test.page.getByRole('treegrid').count()).toBe(1)
  })

  it('ignores the answer to an earlier question', async () => {
    await showWhy(test)
    const earlier = await test.called('why', { subject: subjectOf() })
    await contrast().selectOption('mean')
    const subject = subjectOf({ kind: 'mean' })
    const call = await test.called('why', { subject })

    await earlier.progress({ kind: 'answer', answer: answerOf(subjectOf()) })
    await earlier.resolve()
    await call.progress({ kind: 'answer', answer: answerOf(subject) })

    await eventually(() => test.text('.share.total .name')).toBe('·Config − mean')
    // Shown after 0.3 s.
    await test.page.getByRole('button', { name: 'Cancel' }).waitFor()
  })
})

it('the tab Why offers no explanation for a token without a prediction', async () => {
  const sections = typescript.sections.map((section) => ({ ...section, predictions: [], next: null }))
  await test.show({ ...typescript, sections, state: { kind: 'cancelled' } })
  await test.page.getByRole('tab', { name: 'Why' }).click()
  await test.page.getByText('Not scored: the run was cancelled before this token.').waitFor()
  expect(await test.calls('why')).toEqual([])
})
