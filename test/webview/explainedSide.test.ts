import { describe, expect, it } from 'vitest'

import type { ComparedInspection } from '../../src/shared/text/comparisonText'
import { comparedModels, comparedTexts, EDIT } from '../support/panel/comparedInspection'
import type { PanelPage } from '../support/panel/panelHarness'
import { answerLens } from './lensUnderTest'
import { eventually, panelUnderTest, vocabulary } from './panelUnderTest'
import { seriousViolations } from './seriousViolations'
import { answer, answerOf } from './whyAnswers'

const test = panelUnderTest()
const PICKED = { section: 0, position: 63 }
const models = withDeeperBaseline(comparedModels(vocabulary))

/** The baseline has 12 layers; the shown model has 6. */
function withDeeperBaseline(inspection: ComparedInspection): ComparedInspection {
  const { comparison } = inspection
  const baseline = { ...(comparison.models?.baseline ?? inspection.model), nLayer: 12 }
  return { ...inspection, comparison: { ...comparison, models: { shown: inspection.model, baseline } } }
}

/** The baseline as an inspection, for rows of its lens. */
const baselineAlone = { ...models, model: { ...models.model, nLayer: 12 } }

const sideIn = (view: string, name: string) => test.page.locator(view).getByRole('radio', { name })

/** The value that VS Code reads for the context menu. */
async function menuContext(element: string): Promise<unknown> {
  const context = await test.attribute(element, 'data-vscode-context')
  return context === null ? null : JSON.parse(context)
}

/** Opens the tab Lens and answers for the shown side. */
async function showLens(): Promise<PanelPage> {
  const panel = await test.show(models, { picked: PICKED })
  await test.page.getByRole('tab', { name: 'Lens' }).click()
  await answerLens(models, await test.called('lens', { side: 'shown' }))
  await test.page.locator('.lens .hit').first().waitFor()
  return panel
}

describe('the lens while comparing', () => {
  it('shows the layers of the baseline when it is chosen', async () => {
    await showLens()
    const labels = () => test.page.locator('.layer-table tbody tr').count()
    expect(await labels()).toBe(7)

    await sideIn('logitscope-lens', 'gpt2').check()

    const call = await test.called('lens', { side: 'baseline' })
    await answerLens(baselineAlone, call)
    await eventually(() => test.text('.layer-table')).toMatch(/h\.10/)
    expect(await labels()).toBe(13)
    await eventually(() => test.page.locator('.lens .hit').count()).toBeGreaterThan(0)
  })

  it('has the shown side’s rows at once when it is chosen again', async () => {
    const panel = await showLens()
    await sideIn('logitscope-lens', 'gpt2').check()
    await answerLens(baselineAlone, await test.called('lens', { side: 'baseline' }))
    await panel.forgetMessages()

    await sideIn('logitscope-lens', 'mini').check()

    await eventually(() => test.page.locator('.layer-table tbody tr').count()).toBe(7)
    expect(await test.calls('lens')).toEqual([])
  })

  it('has a context menu for the side that it shows', async () => {
    await showLens()
    const cell = test.page.locator('.lens [data-position="63"]').first()
    await cell.click({ button: 'right' })
    const shown = await menuContext('[role=grid]')

    await sideIn('logitscope-lens', 'gpt2').check()
    await cell.click({ button: 'right' })

    expect(shown).toMatchObject({ panelView: 'lens', position: 63, side: 'shown' })
    await eventually(() => menuContext('[role=grid]')).toMatchObject({ panelView: 'lens', side: 'baseline' })
  })

  it('has the tokens of the baseline’s own text in the line of inputs', async () => {
    await test.show(comparedTexts(vocabulary), { picked: { section: 0, position: EDIT.onlyShown + 1 } })
    await test.page.getByRole('tab', { name: 'Lens' }).click()
    const input = test.page.locator(`.lens-row.input [data-position="${EDIT.onlyShown + 1}"]`)
    await eventually(() => input.innerText()).toBe('·Config')

    await sideIn('logitscope-lens', 'saved').check()

    await eventually(() => input.innerText()).toBe('ax')
  })

  it('shows a layer of the baseline in Prediction', async () => {
    await showLens()
    await sideIn('logitscope-lens', 'gpt2').check()
    await answerLens(baselineAlone, await test.called('lens', { side: 'baseline' }))

    await test.page.locator('.layer-table tbody tr').nth(11).click()

    await eventually(() => test.text('[data-place=detail] .source')).toContain('hidden_states[11]')
    expect(await sideIn('[data-place=detail]', 'gpt2').isChecked()).toBe(true)
  })
})

describe('Why while comparing', () => {
  async function showWhy(inspection = models, position = PICKED.position): Promise<PanelPage> {
    const panel = await test.show(inspection, { picked: { section: 0, position } })
    await test.page.getByRole('tab', { name: 'Why' }).click()
    return panel
  }

  it('explains the baseline when it is chosen, with the baseline’s figures', async () => {
    await showWhy()
    await test.called('why')

    await sideIn('.why', 'gpt2').check()

    await eventually(async () => (await test.called('why')).request.subject.side).toBe('baseline')
    const { subject } = (await test.called('why')).request
    await answer(test, answerOf(subject))
    await test.page.locator('.why .shares').waitFor()
    expect(await test.text('.why .facts')).toContain('9.5 %')
  })

  it('has a context menu for the side that it explains', async () => {
    await showWhy()
    await test.page.locator('.why').dispatchEvent('contextmenu')
    const shown = await menuContext('.why')

    await sideIn('.why', 'gpt2').check()
    await eventually(async () => (await test.called('why')).request.subject.side).toBe('baseline')
    await test.page.locator('.why').dispatchEvent('contextmenu')

    expect(shown).toMatchObject({ panelView: 'why', side: 'shown', subject: { side: 'shown' } })
    expect(await menuContext('.why')).toMatchObject({
      panelView: 'why',
      side: 'baseline',
      subject: { side: 'baseline', position: PICKED.position },
    })
  })

  it('stays at the chosen side when another token is picked', async () => {
    const panel = await showWhy()
    await sideIn('.why', 'gpt2').check()

    await panel.send({ type: 'pickFromEditor', inspectionId: models.id, section: 0, position: 20 })

    await eventually(async () => (await test.called('why')).request.subject).toMatchObject({
      position: 20,
      side: 'baseline',
    })
  })

  it('explains the shown side of a token that the baseline does not have, and says so', async () => {
    await showWhy(comparedTexts(vocabulary), EDIT.onlyShown)

    expect((await test.called('why')).request.subject.side).toBe('shown')
    expect(await sideIn('.why', 'saved').isDisabled()).toBe(true)
    expect(await test.text('.why .uncompared')).toBe(
      'Only readConfig.ts has this token, so it is not compared.',
    )
  })

  it('explains the shown side again after the comparison', async () => {
    const panel = await showWhy()
    await sideIn('.why', 'gpt2').check()
    await eventually(async () => (await test.called('why')).request.subject.side).toBe('baseline')

    await panel.send({ type: 'setComparison', inspectionId: models.id, comparison: null })

    await eventually(async () => (await test.called('why')).request.subject.side).toBe('shown')
    expect(await test.texts('.compared-side')).toEqual([])
  })

  it('has no serious accessibility violation', async () => {
    await showWhy()
    await sideIn('.why', 'gpt2').check()
    await eventually(async () => (await test.called('why')).request.subject.side).toBe('baseline')
    await answer(test, answerOf((await test.called('why')).request.subject))

    expect(await seriousViolations(test.page, '.why')).toEqual([])
  })
})

it('an int8 baseline is not attributed, and nothing changes the shown model', async () => {
  const { comparison } = models
  const shown = models.model
  const int8 = { ...shown, precision: 'int8' } as const
  await test.show(
    { ...models, comparison: { ...comparison, models: { shown, baseline: int8 } } },
    { picked: PICKED },
  )
  await test.page.getByRole('tab', { name: 'Why' }).click()

  await sideIn('.why', 'mini int8').check()

  await eventually(() => test.text('.why')).toContain('Needs fp32')
  expect(await test.page.getByRole('button', { name: 'Use fp32' }).count()).toBe(0)
})
