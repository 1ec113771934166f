import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest'

import type { CheckHostMessage, ShownCheck } from '../../src/shared/contracts/check/checkProtocol'
import { type CheckPage, type OpenOptions, PanelHarness } from '../support/panel/panelHarness'
import { THEMES } from '../support/panel/themes'
import { ambiguousResult, defectResult, equalResult, pastOf, shownCheck } from '../support/check/checkResults'
import { eventually } from './panelUnderTest'
import { seriousViolations } from './seriousViolations'

const noMask = defectResult('no-causal-mask')

describe('The page of Check My GPT-2', () => {
  let harness: PanelHarness
  let shown: CheckPage

  beforeAll(async () => {
    harness = await PanelHarness.connect(inject('panelServer'))
  })

  afterEach(() => {
    expect(shown.errors).toEqual([])
  })

  afterAll(() => harness.close())

  async function show(check: ShownCheck, options?: OpenOptions): Promise<void> {
    shown = await harness.openCheck(options)
    await send({ type: 'showCheck', check })
    await shown.page.locator('header', { hasText: check.fileName }).waitFor()
  }

  const send = (message: CheckHostMessage) => shown.send(message)
  const text = (selector: string) => shown.page.locator(selector).first().innerText()
  const press = (name: string) => shown.page.getByRole('button', { name, exact: true }).first().click()
  const liveRegion = () => shown.page.locator('[role=status]').innerText()
  const actions = async () => (await shown.messages('act')).map(({ action }) => action)

  it('says that it is ready, and offers a check before it is sent one', async () => {
    shown = await harness.openCheck()
    await press('Check My GPT-2…')
    expect([await shown.messages('ready'), await actions()]).toEqual([[{ type: 'ready' }], ['newCheck']])
  })

  it('names the watched file and waits for it', async () => {
    await show(shownCheck(null))
    expect(await text('header')).toMatch(/Watching homework\/logits\.npz[^]*Waiting for the file/)
  })

  it('shows the verdict on an equal file', async () => {
    await show(shownCheck(equalResult))
    expect(await text('.verdict h2')).toBe('✓ Equal: these are the logits of mini')
  })

  it('calls a mistake by its name and shows the formula that should be there', async () => {
    await show(shownCheck(noMask))
    expect([await text('.verdict h2'), await text('.formula')]).toEqual([
      '✗ The mistake: no causal mask',
      'scores[i, j] = −∞ for j > i',
    ])
  })

  it('explains each of two mistakes', async () => {
    await show(shownCheck(defectResult('no-ln-f', 'activation')))
    expect(await shown.page.locator('.mistake > h2').allInnerTexts()).toEqual([
      'Final LayerNorm missing',
      'Another activation than GELU’s tanh form',
    ])
  })

  it('lists only the mistakes that fit equally, and says what helps', async () => {
    await show(shownCheck(ambiguousResult))
    expect([await shown.page.locator('.mistake summary').allInnerTexts(), await text('.advice')]).toEqual([
      [
        expect.stringContaining('Another activation than GELU’s tanh form'),
        expect.stringContaining('Another epsilon in LayerNorm'),
      ],
      expect.stringContaining('Save in float32'),
    ])
  })

  it('shows the first wrong row with its token, and the first wrong part', async () => {
    await show(shownCheck(noMask))
    expect(await text('.facts')).toMatch(/First wrong row\s+1, at the token “·quick”[^]*attention of block 0/)
  })

  it('offers to compare two runs where that may tell more', async () => {
    await show(shownCheck({ ...ambiguousResult, advice: ['second-run', 'hidden-states'] }))
    await press('Compare Two Runs')
    expect(await actions()).toEqual(['compareRuns'])
  })

  it('shows the values that the first wrong part should give', async () => {
    await show(shownCheck(noMask))
    expect(await text('.verdict')).toContain('should begin with 0.1250, −0.7500; the file has 0.5000')
  })

  it('describes the chart in words', async () => {
    await show(shownCheck(noMask))
    expect(await shown.page.locator('.chart').getAttribute('aria-label')).toBe(
      'Differences of 7 rows: 6 above the tolerance of 0.001 nats; the largest is 3.2 nats at row 6.',
    )
  })

  it('has one bar for each row', async () => {
    await show(shownCheck(noMask))
    expect(await shown.page.locator('.chart rect').count()).toBe(7)
  })

  it('keeps the last verdict while the file is checked, and shows the progress', async () => {
    await show(shownCheck(noMask))
    await send({
      type: 'setActivity',
      activity: { kind: 'checking', step: 'Trying mistakes', done: 3, total: 23 },
    })
    await shown.page.locator('header progress').waitFor()
    expect([await text('.verdict h2'), await text('header .state')]).toEqual([
      '✗ The mistake: no causal mask',
      'Trying mistakes, 3 of 23',
    ])
  })

  it('cancels a check with Escape', async () => {
    const activity = { kind: 'checking', step: 'Reading rows', done: 0, total: 0 } as const
    await show(shownCheck(null, { activity }))
    await shown.page.keyboard.press('Escape')
    expect(await actions()).toEqual(['cancel'])
  })

  it('shows a failure as an alert with its next steps', async () => {
    const activity = {
      kind: 'failed',
      message: 'logits.npy is a pickle.',
      actions: ['copyConversion', 'chooseFile'],
    } as const
    await show(shownCheck(null, { activity }))
    await press('Copy Conversion Line')
    expect([await text('[role=alert]'), await actions()]).toEqual([
      'logits.npy is a pickle.',
      ['copyConversion'],
    ])
  })

  it('announces each new verdict', async () => {
    await show(shownCheck(noMask))
    await send({ type: 'showCheck', check: shownCheck({ ...equalResult, checkedAt: noMask.checkedAt + 1 }) })
    await eventually(liveRegion).toBe('Equal: these are the logits of mini.')
  })

  it('does not announce a verdict that was there before a reload', async () => {
    await show(shownCheck(noMask))
    expect(await liveRegion()).toBe('')
  })

  it('lists the last verdicts, newest first', async () => {
    const earlier = pastOf({ ...noMask, checkedAt: equalResult.checkedAt - 60_000 })
    await show(shownCheck(equalResult, { history: [pastOf(equalResult), earlier] }))
    expect(await shown.page.locator('.history span:not(.dim)').allInnerTexts()).toEqual([
      'Equal: these are the logits of mini',
      'The mistake: no causal mask',
    ])
  })

  it.each(['Escape', 'Enter'])('does nothing on %s while no check runs', async (key) => {
    await show(shownCheck(noMask))
    await shown.page.keyboard.press(key)
    expect(await actions()).toEqual([])
  })

  it.each([1180, 520, 320])('does not scroll sideways at %i pixels', async (width) => {
    await show(shownCheck(noMask), { width })
    const tooWide = await shown.page.evaluate<string[]>(`
      [...document.querySelectorAll('html, header, main, section, .formula, .facts')]
        .filter((element) => element.scrollWidth > element.clientWidth + 1)
        .map((element) => element.outerHTML.slice(0, 200))`)
    expect(tooWide).toEqual([])
  })

  describe.each(THEMES)('in the theme %s', (theme) => {
    it.each([
      ['a mistake', shownCheck(noMask)],
      ['mistakes that fit equally', shownCheck(ambiguousResult)],
      [
        'a failure',
        shownCheck(equalResult, {
          activity: { kind: 'failed', message: 'The file was deleted.', actions: ['chooseFile'] },
        }),
      ],
    ])('has no serious accessibility violation with %s', async (_, check) => {
      await show(check, { theme })
      await shown.page.evaluate(`document.querySelectorAll('details').forEach((part) => (part.open = true))`)
      expect(await seriousViolations(shown.page)).toEqual([])
    })
  })
})
