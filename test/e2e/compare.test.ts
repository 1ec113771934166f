// Comparisons in the real workbench, on the embedded model.

import type { Locator } from 'playwright-core'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { testAppearances } from './support/accessibleAppearances'
import { panelOf, SAMPLE_TOKENS } from './support/panel'
import { soon } from './support/soon'
import { useWorkbench } from './support/useWorkbench'

const LINE = 'The language model head projects every hidden state to one score for each token.\n'

const workbench = useWorkbench()
const { inspectSample, headerText, notice } = panelOf(workbench)
const button = (name: string): Locator => workbench().panel.locator('header').getByRole('button', { name })
/** The header's button that names the baseline. */
const baseline = (name: string): Locator => button(`Baseline: ${name}. Compare with another one…`)

describe('two precisions of the model', () => {
  beforeAll(inspectSample)

  beforeEach(async () => {
    if (!(await baseline('mini int8').isVisible())) await chooseInt8()
  })

  it('are both in the header, with how far they are apart', async () => {
    await expect
      .poll(headerText)
      .toMatch(/^mini vs mini int8 .* 2\.80 vs 2\.8\d bits\/token KL \S+ \d+ % same top /)
  })

  it('change their places with Swap', async () => {
    await button('Swap').click()
    await baseline('mini').waitFor()
    await button('mini int8').waitFor()

    await button('Swap').click()

    await baseline('mini int8').waitFor()
    await compared()
  })

  it('are compared again in a new run', async () => {
    await workbench().panel.getByRole('switch').click()
    // Nothing precedes the first token then.
    await comparedTokens(SAMPLE_TOKENS - 1)

    await workbench().panel.getByRole('switch').click()

    await comparedTokens(SAMPLE_TOKENS)
    await baseline('mini int8').waitFor()
  })

  it('are shown after a reload of the window', async () => {
    await workbench().reload()

    await baseline('mini int8').waitFor()
    await compared()
  })

  it('end with End Comparison', async () => {
    await button('End Comparison').click()

    await button('Compare…').waitFor()
    await baseline('mini int8').waitFor({ state: 'detached' })
  })
})

describe('an edited document', () => {
  it('is compared with its saved version', async () => {
    await inspectSample()
    await workbench().putCursor(6, 15)
    await workbench().page.keyboard.type('My')
    await workbench().page.locator('.tab.dirty', { hasText: 'readConfig.ts' }).waitFor()

    await workbench().runCommand('Logitscope: Compare with Saved')

    await baseline('saved').waitFor()
    await workbench().panel.locator('.running-text').getByText('My', { exact: true }).waitFor()
    await workbench().focusEditor('readConfig.ts')
    await workbench().revertFile()
  })
})

describe('a comparison of a long text', () => {
  it('can be cancelled, and offers to compare again', async () => {
    await workbench().reset()
    await workbench().openNewFile('long.txt', LINE.repeat(400))
    // A selection is inspected without a question, however slow the machine is.
    await workbench().page.keyboard.press('Control+a')
    await workbench()
      .page.getByText(/\(\d+ selected\)$/)
      .waitFor()
    await workbench().runCommand('Logitscope: Inspect Logits')
    await workbench().panel.getByRole('grid').waitFor()
    await workbench().runCommand('Logitscope: Compare with Other Precision')

    await button('Cancel Comparison').click()

    await notice('The comparison was cancelled').getByRole('button', { name: 'Compare Again' }).waitFor()
  })
})

describe('the accessibility of a comparison', () => {
  beforeAll(async () => {
    await inspectSample()
    await chooseInt8()
  })

  testAppearances(workbench, { name: 'compare', shown: compared })
})

/** Chooses the other precision in the list of Compare…, and waits until it is compared. */
async function chooseInt8(): Promise<void> {
  const option = workbench()
    .page.locator('.quick-input-widget')
    .getByRole('option', { name: /^mini int8/ })
  // A panel that has just opened may take the focus late, which closes the list.
  do {
    await workbench().findCommand('Logitscope: Compare…')
    await workbench().page.keyboard.press('Enter')
  } while (!(await soon((timeout) => option.click({ timeout }))))
  await baseline('mini int8').waitFor()
  await compared()
}

/** Waits until a comparison of this many tokens has ended. */
async function comparedTokens(count: number): Promise<void> {
  const figures = workbench().panel.locator('.figures-popover', { hasText: `${count} tokens` })
  await figures.waitFor({ state: 'attached' })
  await compared()
}

/** Waits until the comparison of two models has ended: only then they can be swapped. */
async function compared(): Promise<void> {
  await button('Swap').waitFor()
}
