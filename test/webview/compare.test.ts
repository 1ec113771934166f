import { describe, expect, it } from 'vitest'

import type { ComparisonState } from '../../src/shared/contracts/panel/comparison'
import { elementAt } from '../../src/shared/elementAt'
import {
  comparedContexts,
  comparedModels,
  comparedTexts,
  EDIT,
  runningComparison,
} from '../support/panel/comparedInspection'
import { eventually, panelUnderTest, typescript, vocabulary } from './panelUnderTest'

const test = panelUnderTest()
const models = comparedModels(vocabulary)
const texts = comparedTexts(vocabulary)
const { id: inspectionId } = models
/** ` Config`, where the sides are furthest apart. */
const CONFIG = { section: 0, position: 63 }

const button = (name: string) => test.page.getByRole('button', { name, exact: true })
const colourBy = () => test.page.getByRole('combobox', { name: 'Colour by' })

describe('the header of a comparison', () => {
  it('names both sides, each with its mark', async () => {
    await test.show(models)

    expect(await test.texts('header .line:first-child .side')).toEqual(['mini', 'gpt2'])
    expect(await test.attribute('header .side', 'class')).toContain('plus')
  })

  it('has the figures of both sides', async () => {
    await test.show(models)

    expect(await test.texts('.figures .figure')).toEqual([
      '2.80 vs 2.39 bits/token',
      'KL 0.269 ± 0.057 nats',
      '78 % same top token',
      'max |Δ log₂ p| 9.98 at ·Config',
    ])
  })

  it('picks the token where the sides are furthest apart', async () => {
    await test.show(models, { picked: { section: 0, position: 3 } })

    await test.page.getByRole('button', { name: 'max |Δ log₂ p| 9.98' }).click()

    await test.posted('pickToken', CONFIG)
  })

  it('lists the other figures in a popover', async () => {
    await test.show(models)

    await test.page.getByRole('button', { name: /^KL/ }).click()

    const popover = test.page.getByRole('dialog', { name: 'Comparison' })
    await eventually(() => popover.innerText()).toMatch(
      /median [\d.e-]+, 99 % [\d.]+, 99.9 % [\d.]+, max [\d.]+ nats/,
    )
    expect(await popover.innerText()).toContain('RMS Δp')
  })

  it.each([
    ['Swap', 'swapComparison'],
    ['End Comparison', 'endComparison'],
    ['Baseline: gpt2. Compare with another one…', 'compare'],
  ] as const)('runs the command of %s', async (name, command) => {
    await test.show(models)

    await button(name).click()

    await test.posted('runCommand', { command })
  })

  it('offers to compare an inspection that is not compared', async () => {
    await test.show(typescript)

    await button('Compare…').first().click()

    await test.posted('runCommand', { command: 'compare' })
  })

  it('does not offer to swap where the host cannot', async () => {
    await test.show(comparedContexts(vocabulary))

    await button('End Comparison').waitFor()
    expect(await test.count(button('Swap'))).toBe(0)
  })

  it('says how far a comparison is, and cancels it', async () => {
    await test.show(runningComparison(models, 40))

    await eventually(() => test.text('.status')).toBe('compared 40 of 85')
    expect(await test.attribute('header > progress', 'aria-valuetext')).toBe('40 of 85 tokens')
    await button('Cancel Comparison').click()
    await test.posted('runCommand', { command: 'cancelComparison' })
  })

  it.each([
    ['loading', { kind: 'loading' }],
    ['running', { kind: 'running' }],
  ] as const)('cancels a comparison that is %s with Escape', async (_, state) => {
    const running = runningComparison(models, 40)
    await test.show({ ...running, comparison: { ...running.comparison, state } })

    await test.page.keyboard.press('Escape')

    await test.posted('runCommand', { command: 'cancelComparison' })
  })

  it('says what a side saw before the text', async () => {
    await test.show(comparedContexts(vocabulary))

    await eventually(() => test.text('header .line')).toContain('no context vs 94 tokens before')
  })

  it('keeps the sides and all buttons at 340 pixels', async () => {
    await test.show(models, { width: 340, height: 598 })

    for (const name of ['Swap', 'End Comparison', 'Run Again', 'More Actions…'])
      expect(await button(name).isVisible()).toBe(true)
    expect(await test.texts('header .line:first-child .side')).toEqual(['mini', 'gpt2'])
    await test.page.locator('header button.model').first().click()
    await eventually(() => test.text('#model-popover')).toContain('Baseline')
  })
})

describe('the header in a narrow panel', () => {
  const int8 = { ...models.model, precision: 'int8' } as const
  const precisions = {
    ...models,
    comparison: { ...models.comparison, models: { shown: models.model, baseline: int8 } },
  }
  const cut = () =>
    test.page.evaluate<string[]>(`
      [...document.querySelectorAll('header .side, header .status, .legend .side, .extreme-side')]
        .filter((element) => element.checkVisibility() && element.scrollWidth > element.clientWidth + 1)
        .map((element) => element.textContent)`)

  it.each([
    [340, precisions],
    [340, runningComparison(precisions, 40)],
    [431, precisions],
    [520, precisions],
    [520, runningComparison(precisions, 40)],
    [520, texts],
    [520, comparedContexts(vocabulary)],
    [761, runningComparison(precisions, 40)],
  ])('cuts neither the names of the sides nor the status at %i pixels', async (width, inspection) => {
    await test.show(inspection, { width, height: 598 })

    await test.shown('.extreme-side')
    expect(await cut()).toEqual([])
  })

  it('has the model of two texts in a line of its own', async () => {
    await test.show(texts, { width: 340, height: 598 })

    await test.page.locator('header .lines').getByRole('button', { name: 'mini' }).click()

    await test.page.getByRole('dialog', { name: 'Model' }).waitFor()
  })
})

describe('a comparison that is not complete', () => {
  const failed: ComparisonState = {
    kind: 'failed',
    message: 'gpt2 needs 0.5 GB more memory.',
    remedies: ['useInt8'],
  }

  it.each<[ComparisonState, string]>([
    [{ kind: 'cancelled' }, 'The comparison was cancelled at 40 of 85 tokens.'],
    [{ kind: 'interrupted' }, 'The window was reloaded during the comparison, at 40 of 85 tokens.'],
    [failed, 'gpt2 needs 0.5 GB more memory.'],
  ])('says why, and compares again: %o', async (state, text) => {
    const panel = await test.show(runningComparison(models, 40))

    await panel.send({ type: 'setComparisonState', inspectionId, state })

    await eventually(() => test.text('.notice p')).toBe(text)
    await button('Compare Again').click()
    await test.posted('runCommand', { command: 'compareAgain' })
  })

  it('offers the remedies of a failure first', async () => {
    const panel = await test.show(runningComparison(models, 40))

    await panel.send({ type: 'setComparisonState', inspectionId, state: failed })

    await eventually(() => test.texts('.notice button')).toEqual([
      'Use int8',
      'Compare Again',
      'End Comparison',
      'Show Log',
    ])
  })

  it('says that texts could not be aligned', async () => {
    const sections = texts.comparison.sections.map((section) => ({ ...section, isComplete: false }))

    await test.show({ ...texts, comparison: { ...texts.comparison, sections } })

    await eventually(() => test.text('.notice')).toContain('only their common beginning and end are compared')
  })
})

describe('the colours of a comparison', () => {
  it('are those of the difference, with a legend from one side to the other', async () => {
    await test.show(models)

    expect(await colourBy().inputValue()).toBe('delta')
    expect(await test.attribute('.running-text [data-position="63"]', 'class')).toContain('minus3')
    expect(await test.attribute('.running-text [data-position="1"]', 'class')).toContain('plus2')
    expect((await test.text('.legend')).replaceAll(/\s+/g, ' ')).toMatch(
      /^likelier for mini 6\+.*within 1.*6\+.*likelier for gpt2$/,
    )
  })

  it('give way to those before at the end, and are back in the next comparison', async () => {
    const panel = await test.show({ ...models, comparison: undefined })
    await colourBy().selectOption('rank')
    const { comparison } = models
    await panel.send({ type: 'setComparison', inspectionId, comparison })
    await eventually(() => colourBy().inputValue()).toBe('delta')
    await colourBy().selectOption('entropy')

    await panel.send({ type: 'setComparison', inspectionId, comparison: null })
    await eventually(() => colourBy().inputValue()).toBe('rank')
    await panel.send({ type: 'setComparison', inspectionId, comparison })

    await eventually(() => colourBy().inputValue()).toBe('delta')
  })

  it('survive a reload, as those before do', async () => {
    const panel = await test.show(models)
    await colourBy().selectOption('entropy')
    await eventually(() => panel.savedState()).toMatchObject({
      comparedColour: 'entropy',
      metric: 'surprisal',
    })

    await test.show(models, { savedState: await panel.savedState() })

    await eventually(() => colourBy().inputValue()).toBe('entropy')
  })

  it('are the difference in the sparkline, whose ends are named', async () => {
    await test.show(models)

    expect((await test.texts('.sparkline small')).map((text) => text.replaceAll(/\s+/g, ' '))).toEqual([
      'mini ↑ 3.2 bits',
      'gpt2 ↓ 10.0 bits',
    ])
    expect(await test.attribute('.sparkline', 'aria-valuetext')).toContain('bits likelier for gpt2')
  })

  it('say of the picked token how much likelier it is', async () => {
    await test.show(models, { picked: CONFIG })

    const label = 'token 63, Config, leading space, 9.98 bits likelier for gpt2'
    await eventually(() => test.attribute('.running-text .picked', 'aria-label')).toBe(label)
  })
})

describe('tokens that only one text has', () => {
  it('are hatched and named', async () => {
    await test.show(texts, { picked: CONFIG })

    const onlyShown = `.running-text [data-position="${EDIT.onlyShown}"]`
    expect(await test.attribute(onlyShown, 'class')).toContain('only-shown')
    expect(await test.attribute(onlyShown, 'title')).toBe('token 63, only in readConfig.ts')
    expect(await test.attribute('.only-baseline', 'title')).toBe('2 tokens only in saved')
    expect(await test.attribute('.only-baseline', 'aria-label')).toBe(
      '2 tokens only in saved: Syntax, leading space',
    )
    expect(await test.attribute('.running-text .picked', 'aria-label')).toContain(
      'only in readConfig.ts, after 2 tokens only in saved: Syntax, leading space',
    )
  })

  it('cannot be picked if they are the baseline’s', async () => {
    const panel = await test.show(texts, { picked: CONFIG })

    await test.page.locator('.only-baseline').click({ force: true })
    await test.page.locator('.running-text [data-position="1"]').click()

    await test.posted('pickToken', { section: 0, position: 1 })
    expect(await panel.messages('pickToken')).toHaveLength(1)
  })

  it('stand at the end where only the baseline’s text is longer', async () => {
    const section = elementAt(texts.comparison.sections, 0)
    const baselineOnly = [{ position: 85, tokenIds: EDIT.onlyBaseline }]
    const comparison = { ...texts.comparison, sections: [{ ...section, baselineOnly }] }

    await test.show({ ...texts, comparison })

    await eventually(() => test.text('logitscope-strip-block:last-child > :last-child')).toBe('·Syntax')
  })
})
