// The tab Why in the real workbench, on the embedded model.

import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { testAppearances } from './support/accessibleAppearances'
import { chooseInMenu } from './support/chooseInMenu'
import { panelOf } from './support/panel'
import { useWorkbench } from './support/useWorkbench'

const workbench = useWorkbench()
const { inspectSample } = panelOf(workbench)
const row = (name: string) => workbench().panel.getByRole('row', { name })
const source = (name: RegExp) => workbench().panel.getByRole('button', { name })
const effects = () => workbench().panel.locator('.effects tbody tr')

describe('the tab Why', () => {
  beforeAll(inspectSample)

  beforeEach(openWhy)

  it('attributes the difference from the most likely other token to the parts, which add up', async () => {
    await workbench().panel.getByRole('radio', { name: 'Layer' }).check()
    await row('wpe[63]').waitFor()
    await workbench().panel.locator('.share.total').waitFor()

    const values = await workbench().panel.locator('.share .value').allInnerTexts()

    const numbers = values.map((value) => Number(value.replace('−', '-')))
    const total = numbers.pop() ?? NaN
    // 15 parts, each rounded to 0.01.
    expect(Math.abs(numbers.reduce((sum, value) => sum + value, 0) - total)).toBeLessThan(0.08)
    await expect(row('the sum, exactly').innerText()).resolves.toMatch(/·Config − ·Error/)
    await workbench().panel.getByRole('radio', { name: 'Size' }).check()
  })

  it('opens heads and source positions by keys', async () => {
    const tree = workbench().panel.getByRole('treegrid')
    await workbench().panel.getByRole('radio', { name: 'Layer' }).check()
    await tree.focus()
    for (const key of ['Home', 'ArrowDown', 'ArrowDown', 'ArrowRight']) await tree.press(key)
    await row('L0H0').waitFor()
    for (const key of ['ArrowDown', 'ArrowRight']) await tree.press(key)

    await row('L0H1').waitFor()
    await workbench().panel.locator('.share.level3', { hasText: '·throw' }).waitFor()
    await tree.press('ArrowLeft')
    await workbench().panel.locator('.share.level3').first().waitFor({ state: 'detached' })
    for (const key of ['ArrowLeft', 'ArrowLeft']) await tree.press(key)
    await row('L0H1').waitFor({ state: 'detached' })
  })

  it('knocks a token out and shows both tokens before and after', async () => {
    await source(/^throw, leading space, token 61/).click()

    await expect
      .poll(() => effects().allInnerTexts())
      .toMatchObject([
        expect.stringMatching(/^·Config\t9\.4e-5\t→\t\S+ %\t×/),
        expect.stringMatching(/^·Error\t\d\d\.\d %\t→\t\S+ %\t÷/),
        expect.stringMatching(/^now most likely/),
      ])
    await bringThrowBack()
  })

  it('keeps the knockout and its result after a reload of the window', async () => {
    await source(/^throw, leading space, token 61/).click()
    await effects().first().getByText(/[×÷]/).waitFor()

    await workbench().reload()

    await effects().first().getByText(/[×÷]/).waitFor()
    await bringThrowBack()
  })

  it('contrasts the token with the first token of a typed text', async () => {
    await workbench().panel.getByLabel('in contrast with').selectOption('another token…')
    await workbench().panel.getByLabel('Text whose first token').fill(' algebra')
    await workbench().page.keyboard.press('Enter')

    await workbench().panel.locator('.share.total', { hasText: '·Config − ·al' }).waitFor()
  })

  it('copies Python lines for TransformerLens from its menu', async () => {
    await row('the sum, exactly').click({ button: 'right' })
    await chooseInMenu(workbench().page, 'Copy as TransformerLens')

    await workbench().page.getByText('Python lines copied').waitFor()
    const copied = await workbench().page.evaluate(() => navigator.clipboard.readText())
    expect(copied).toContain('run_with_cache')
    expect(copied).toContain('17056')
  })

  it('is part of the results as text', async () => {
    await workbench().runCommand('Logitscope: Open Results as Text')
    await workbench().goToEndOf('Logitscope Results.txt')

    await workbench()
      .page.locator('.view-line', { hasText: /^Log-probability.of/ })
      .last()
      .waitFor()
    await workbench().page.keyboard.press('Control+w')
  })
})

describe('the accessibility of the tab Why', () => {
  beforeAll(async () => {
    await inspectSample()
    await openWhy()
  })

  testAppearances(workbench, { name: 'why', shown: () => row('the sum, exactly').waitFor() })
})

async function bringThrowBack(): Promise<void> {
  const button = source(/^Bring back throw/)
  await button.click()
  await button.waitFor({ state: 'detached' })
}

/** Picks `·Config`, which the model did not expect, and opens the tab. */
async function openWhy(): Promise<void> {
  const strip = workbench().panel.locator('logitscope-strip')
  await strip.getByText('Config', { exact: true }).nth(2).click()
  await strip.locator('.picked', { hasText: 'Config' }).waitFor()
  await workbench().panel.getByRole('tab', { name: 'Why' }).click()
  await row('the sum, exactly').waitFor()
}
