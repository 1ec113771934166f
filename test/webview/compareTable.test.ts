import { describe, expect, it } from 'vitest'

import { elementAt } from '../../src/shared/elementAt'
import { comparedModels, comparedTexts, EDIT, runningComparison } from '../support/panel/comparedInspection'
import { eventually, panelUnderTest, typescript, vocabulary } from './panelUnderTest'

const test = panelUnderTest()
const models = comparedModels(vocabulary)
const texts = comparedTexts(vocabulary)
const { id: inspectionId } = models

const headers = () => test.texts('.head .columns [role=columnheader]')
const delta = () => test.page.locator('.head').getByRole('button', { name: 'Δ log₂ p' })
const firstPositions = async () => (await test.texts('.row[data-position] .position')).slice(0, 3)

describe('the table of a comparison', () => {
  it('has the values of both sides, under the name of the figure', async () => {
    await test.show(models)

    await eventually(headers).toEqual([
      '#',
      'Token',
      'mini',
      'gpt2',
      'mini',
      'gpt2',
      'Δ log₂ p',
      'mini',
      'gpt2',
    ])
    expect(await test.texts('.head .groups [role=columnheader]')).toEqual([
      'Probability',
      'Rank',
      'Most likely',
    ])
    expect(await test.attribute('.head .groups [role=columnheader]', 'aria-colspan')).toBe('2')
    await test.page.getByRole('columnheader', { name: 'Rank, gpt2' }).waitFor()
  })

  it('shows both probabilities and ranks, the difference and both most likely tokens', async () => {
    await test.show(models)

    await eventually(() => test.texts('#row-0-63 [role=gridcell]')).toEqual([
      '63',
      '·Config',
      '9.4e-5',
      '9.5 %',
      '173',
      '2',
      '−9.98',
      '·Error\n82 %',
      '·Error\n47 %',
    ])
    expect(await test.count('#row-0-63 rect.minus')).toBe(1)
    expect(await test.count('#row-0-1 rect.plus')).toBe(1)
  })

  it('reads out both sides of a row', async () => {
    await test.show(models)

    const label = await test.attribute('#row-0-63', 'aria-label')
    expect(label).toContain('Probability less than 0.01 percent, rank 173')
    expect(label).toContain(
      'gpt2: probability 9.5 percent, rank 2, expected Error, leading space, 47 percent',
    )
    expect(label).toContain('9.98 bits likelier for gpt2')
  })

  it('is ordered by the size of the difference, and the other way', async () => {
    await test.show(models)

    await delta().click()
    await eventually(firstPositions).toEqual(['63', '0', '4'])
    await delta().click()

    await eventually(firstPositions).not.toContain('63')
    expect(await test.attribute('.head .columns [aria-sort=ascending]', 'class')).toContain('number')
  })

  it('is in the order of the text again when the comparison ends', async () => {
    const panel = await test.show(models)
    await delta().click()
    await eventually(firstPositions).toEqual(['63', '0', '4'])

    await panel.send({ type: 'setComparison', inspectionId, comparison: null })

    await eventually(firstPositions).toEqual(['0', '1', '2'])
    await eventually(headers).toContain('Surprisal')
  })

  it('shows the distributions after the text', async () => {
    await test.show(models)

    await eventually(() => test.count('#row-0-85 .alternative')).toBe(2)
  })

  it('says why a row has one side only', async () => {
    await test.show(texts)

    const row = `#row-0-${EDIT.onlyShown}`
    await eventually(() => test.attribute(row, 'title')).toBe(
      'Only readConfig.ts has this token, so it is not compared.',
    )
    expect(await test.attribute(row, 'aria-label')).toContain('Only readConfig.ts has this token')
  })

  it('fills while the comparison runs', async () => {
    const panel = await test.show(runningComparison(models, 40))
    await eventually(() => test.attribute('#row-0-40', 'title')).toBe('Not compared yet.')
    const tokens = elementAt(models.comparison.sections, 0).tokens.slice(40)

    await panel.send({ type: 'appendCompared', inspectionId, section: 0, tokens })

    await eventually(() => test.text('#row-0-63 .delta-cell')).toBe('−9.98')
  })

  it('reaches the headers by the arrow keys, and orders by Enter', async () => {
    await test.show(models, { picked: { section: 0, position: 0 } })
    await test.page.locator('#row-0-0.picked').waitFor()

    await test.page.keyboard.press('ArrowUp')
    for (let i = 0; i < 5; i++) await test.page.keyboard.press('ArrowRight')
    await test.page.keyboard.press('Enter')

    await eventually(firstPositions).toEqual(['63', '0', '4'])
  })

  it.each([
    [340, 598, ['#', 'Token', 'Δ log₂ p']],
    [520, 800, ['#', 'Token', 'mini', 'gpt2', 'mini', 'gpt2', 'Δ log₂ p']],
  ] as const)(
    'has the columns that fit at %i × %i, and both sides of each',
    async (width, height, columns) => {
      await test.show(models, { width, height })

      await eventually(headers).toEqual(columns)
    },
  )

  it('has a row for each of 14,400 tokens, and scrolls to the last', async () => {
    await test.open()
    await test.page.evaluate(`
      const inspection = ${JSON.stringify(models)}
      const repeat = (tokens) => Array.from({ length: 14_400 }, (_, position) => ({
        ...tokens[position % tokens.length],
        position,
        baselinePosition: position,
      }))
      const [section] = inspection.sections
      const [compared] = inspection.comparison.sections
      inspection.sections = [{ ...section, tokens: repeat(section.tokens), predictions: repeat(section.predictions) }]
      inspection.comparison.sections = [{ ...compared, tokens: repeat(compared.tokens), shared: 14_400 }]
      dispatchEvent(new MessageEvent('message', { data: { type: 'showInspection', inspection, picked: null, focus: true } }))`)
    await test.page.locator('[role=grid]:focus').waitFor()

    await test.page.keyboard.press('End')
    await test.page.locator('#row-0-14400.picked').waitFor()
    await delta().click()

    await eventually(firstPositions).toEqual(['63', '148', '233'])
  })
})

it('a sort by a column that only an inspection has waits for the end of the comparison', async () => {
  const panel = await test.show(typescript)
  await test.page.locator('.head').getByRole('button', { name: 'Surprisal' }).click()
  await eventually(firstPositions).toContain('63')

  await panel.send({ type: 'setComparison', inspectionId: typescript.id, comparison: models.comparison })
  await eventually(firstPositions).toEqual(['0', '1', '2'])
  await panel.send({ type: 'setComparison', inspectionId: typescript.id, comparison: null })

  await eventually(firstPositions).toContain('63')
})
