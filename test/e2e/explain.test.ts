// The logit lens in the real workbench, on the embedded model.

import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { formatCount, formatDecimal, formatProbability } from '../../src/shared/text/format'
import { tokenNumbers } from '../support/reference/sampleNumbers'
import { testAppearances } from './support/accessibleAppearances'
import { chooseInMenu } from './support/chooseInMenu'
import { panelOf } from './support/panel'
import { useWorkbench } from './support/useWorkbench'

/** The position of `·Config` in the sample, which the model did not expect. */
const CONFIG = 63

const workbench = useWorkbench()
const { inspectSample, openTokens } = panelOf(workbench)
const cell = (position: number, layer: number) => workbench().panel.locator(`#lens-0-${position}-${layer}`)
const layerRow = (layer: number) => workbench().panel.locator('.layer-table tbody tr').nth(layer)

describe('the tab Lens', () => {
  beforeAll(inspectSample)

  beforeEach(async () => {
    await pickConfig()
    await openLens()
  })

  it('shows what every layer predicts; the last one is the output', async () => {
    const { probability, rank, surprisal } = tokenNumbers(CONFIG)
    const numbers = async () => (await layerRow(6).locator('td.number').allInnerTexts()).slice(0, 3)

    await expect
      .poll(numbers)
      .toEqual([formatProbability(probability), formatCount(rank), formatDecimal(surprisal)])
    // The embeddings of ·new predict ·new itself.
    await cell(CONFIG, 0).getByText('·new', { exact: true }).waitFor()
  })

  it('moves by cell with the arrow keys, and shows the layer in Prediction', async () => {
    await workbench().panel.getByRole('grid').focus()
    await workbench().page.keyboard.press('ArrowUp')
    await workbench().page.keyboard.press('ArrowUp')
    await workbench().panel.locator(`#lens-0-63-4[aria-selected=true]`).waitFor()

    await workbench().panel.getByRole('tab', { name: 'Prediction' }).click()

    await workbench().panel.getByText('as after block 3').waitFor()
    await workbench().panel.getByRole('button', { name: 'Show the Output' }).click()
    await workbench().panel.getByText('How computed').waitFor()
  })

  it('computes the columns that are scrolled to', async () => {
    await workbench().panel.getByRole('grid').focus()
    await workbench().page.keyboard.press('Home')
    await cell(0, 6).locator('.token:not(.absent)').waitFor()
    await workbench().page.keyboard.press('End')
    await cell(85, 6).locator('.token:not(.absent)').waitFor()
  })

  it('copies Python lines for TransformerLens from the menu of a cell', async () => {
    await cell(CONFIG, 3).click({ button: 'right' })
    await chooseInMenu(workbench().page, 'Copy as TransformerLens')

    await workbench().page.getByText('Python lines copied').waitFor()
    const copied = await workbench().page.evaluate(() => navigator.clipboard.readText())
    expect(copied).toContain('run_with_cache')
    expect(copied).toContain('50256')
  })

  it('is part of the results as text', async () => {
    await workbench().runCommand('Logitscope: Open Results as Text')
    await workbench().goToEndOf('Logitscope Results.txt')

    await workbench()
      .page.locator('.view-line', { hasText: /^depth.+\d/ })
      .last()
      .waitFor()
  })

  it('fills the column Depth of the table', async () => {
    await workbench().configure({ 'logitscope.columns': ['depth', 'rank'] })
    await openTokens()
    await workbench().panel.locator(`#row-0-${CONFIG} .depth`, { hasText: /^\d$/ }).waitFor()
    await workbench().configure({ 'logitscope.columns': ['probability', 'rank', 'alternatives'] })
  })

  it('keeps its rows over a reload of the window', async () => {
    await cell(CONFIG, 2).locator('.token:not(.absent)').waitFor()
    await workbench().reload()

    await cell(CONFIG, 2).locator('.token:not(.absent)').waitFor()
    await workbench().panel.getByRole('tab', { name: 'Lens', selected: true }).waitFor()
  })
})

describe('the accessibility of the tab Lens', () => {
  beforeAll(async () => {
    await inspectSample()
    await pickConfig()
    await openLens()
  })

  testAppearances(workbench, {
    name: 'lens',
    shown: () => cell(CONFIG, 6).locator('.token:not(.absent)').waitFor(),
  })
})

async function pickConfig(): Promise<void> {
  const text = workbench().panel.locator('.running-text')
  await text.getByText('Config', { exact: true }).nth(2).click()
  await workbench().panel.locator('.running-text .picked', { hasText: 'Config' }).waitFor()
}

async function openLens(): Promise<void> {
  await workbench().panel.getByRole('tab', { name: 'Lens' }).click()
  await workbench().panel.locator('.lens .token:not(.absent)').first().waitFor()
}
