import { describe, expect, it } from 'vitest'

import { eventually, panelUnderTest, typescript } from './panelUnderTest'

const test = panelUnderTest()

const LONG_RUN = {
  kind: 'longRun',
  documentName: 'long.txt',
  tokens: 41_234,
  seconds: 178,
  hasVisiblePart: true,
} as const

describe('a panel without an inspection', () => {
  it.each([
    ['noEditor', 'Open a file to inspect', 'openText'],
    ['noInspection', 'run Inspect Logits', 'inspectLogits'],
  ] as const)('%s shows what to do', async (kind, notice, command) => {
    const panel = await test.open()
    await panel.send({ type: 'showNotice', notice: { kind } })
    await eventually(() => test.text('.page')).toContain(notice)
    await test.page.locator('.page button').click()
    await test.posted('runCommand', { command })
  })

  it('shows which document is empty', async () => {
    const panel = await test.open()
    await panel.send({ type: 'showNotice', notice: { kind: 'emptyDocument', documentName: 'notes.txt' } })
    await eventually(() => test.text('.page')).toContain('notes.txt is empty')
  })

  it('shows what is being prepared, then the failure', async () => {
    const panel = await test.open()
    await panel.send({ type: 'showNotice', notice: { kind: 'preparing', note: 'Loading mini…' } })
    await eventually(() => test.text('.page')).toContain('Loading mini…')
    const message = 'The model folder has no config.json.'
    await panel.send({ type: 'showNotice', notice: { kind: 'failed', message, remedies: [] } })
    await eventually(() => test.text('.page [role=alert]')).toBe(message)
  })
})

describe('a notice about a request', () => {
  it.each([
    [true, 'Inspect Visible Part'],
    [false, 'Inspect All'],
  ])('emphasizes one of its buttons (has a visible part: %s)', async (hasVisiblePart, emphasized) => {
    const panel = await test.show(typescript)

    await panel.send({ type: 'showNotice', notice: { ...LONG_RUN, hasVisiblePart } })

    await eventually(() => test.texts('.notice button.action')).toEqual([emphasized])
  })

  it('leaves the shown inspection as it is, and can be dismissed', async () => {
    const panel = await test.show(typescript)
    await panel.send({ type: 'showNotice', notice: { kind: 'emptyDocument', documentName: 'notes.txt' } })
    await eventually(() => test.text('.notice')).toContain('notes.txt is empty')
    await test.page.locator('#row-0-63').waitFor({ state: 'attached' })
    await test.page.getByRole('button', { name: 'Dismiss' }).click()
    await test.posted('dismissNotice')
  })

  it.each([
    ['Inspect Visible Part', { type: 'answerLongRun', part: 'visiblePart' }],
    ['Inspect All', { type: 'answerLongRun', part: 'all' }],
    ['Cancel', { type: 'runCommand', command: 'cancelInspection' }],
  ] as const)('that asks about a long run is answered by %s', async (name, message) => {
    const panel = await test.open()
    await panel.send({ type: 'showNotice', notice: LONG_RUN })
    await test.page.getByRole('button', { name }).click()
    await test.posted(message.type, message)
  })

  it('that asks about a long run states its tokens and time', async () => {
    const panel = await test.open()
    await panel.send({ type: 'showNotice', notice: LONG_RUN })
    await eventually(() => test.text('.page')).toMatch(
      /long\.txt has about 41,200 tokens, which takes about\s+3 minutes\./,
    )
  })

  it('offers no visible part if the document is in no editor', async () => {
    const panel = await test.open()
    await panel.send({ type: 'showNotice', notice: { ...LONG_RUN, hasVisiblePart: false } })
    await test.page.getByRole('button', { name: 'Inspect All' }).waitFor()
    expect(await test.page.getByRole('button', { name: 'Inspect Visible Part' }).count()).toBe(0)
  })
})
