import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HEADER_FIGURES, spokenNumbers } from '../../support/reference/sampleNumbers'
import { panelOf } from './panel'
import type { Workbench } from './workbench'

/**
 * Tests of the panel for a whole document, the same for every kind of window.
 *
 * @param backend as the panel's header names it
 * @param declareMore declares tests that are not repeated for every kind of window: they are about the panel's page, which
 *   is the same in all of them
 */
export function inspectsAWholeDocument(
  workbench: () => Workbench,
  backend: string,
  declareMore: () => void = () => undefined,
): void {
  describe('a whole document', () => {
    const { grid, pickedRow, pickedOrNot, status, highlighted, inspectSample, finished } = panelOf(workbench)
    const { headerText, openPrediction, openTokens } = panelOf(workbench)
    /** Whether the panel shows the inspected sample. Every test that passes leaves it in this state. */
    let isInspected = false

    beforeEach(async () => {
      if (!isInspected) await inspectSample()
      isInspected = false
    })

    afterEach(({ task }) => {
      isInspected = task.result?.state === 'pass'
    })

    it('names the model and the document and summarizes the text in its header', async () => {
      await expect.poll(headerText).toMatch(/^mini readConfig\.ts ?:1–8 no context/)
      await expect.poll(headerText).toContain(HEADER_FIGURES)
    })

    it('tells all about the model in the popover of its button', async () => {
      await workbench().panel.locator('button.model').click()

      const open = workbench().panel.locator('.popover:popover-open')
      const popover = await open.innerText()

      await workbench().page.keyboard.press('Escape')
      await open.waitFor({ state: 'detached' })
      expect(popover).toMatch(/mini\s+embedded, not GPT-2 itself/)
      expect(popover).toContain('12 M parameters')
      expect(popover).toContain(backend)
    })

    it('highlights the token of the row in the editor and keeps the selection', async () => {
      await workbench().focusEditor()
      const selection = await workbench().selectionStatus()

      await pickRow(4)

      await pickedRow(`Config. Token 4 of 85. ${spokenNumbers(4)}.`).waitFor()
      await highlighted('Config').waitFor()
      await workbench().focusEditor()
      await expect.poll(() => workbench().selectionStatus()).toBe(selection)
    })

    it('selects the token in the editor with Enter', async () => {
      await pickRow(4)
      await pickedRow('Config. Token 4 of 85.').waitFor()

      await grid().press('Enter')

      await workbench().focusEditor()
      await workbench().page.getByText('Ln 1, Col 33 (6 selected)').waitFor()
    })

    it('follows the editor’s cursor', async () => {
      await workbench().putCursor(5, 6)

      await pickedRow('catch, leading space. Token 52 of 85.').waitFor()
    })

    it('shows where the numbers of the picked token come from', async () => {
      await workbench().putCursor(5, 6)
      const detail = workbench().panel.locator('aside.detail')

      await openPrediction('How computed')

      await detail.getByText('logits[0, 52] of [1, 86, 50257]').waitFor()
      await expect.poll(() => detail.innerText()).toMatch(/logit \S+ − log-sum-exp \S+ = log-prob −\d\.\d{3}/)
      await openTokens()
    })

    declareMore()

    it('copies the row with its provenance', async () => {
      await workbench().putCursor(5, 6)
      await pickedRow('catch, leading space. Token 52 of 85.').waitFor()
      await grid().focus()
      await grid().press('Control+c')

      await workbench().page.getByText('Row copied').waitFor()
      const copied = await workbench().page.evaluate(() => navigator.clipboard.readText())
      expect(copied).toMatch(/mini \(fp32, wasm\) · starts with <\|endoftext\|> · context: document/)
      expect(copied).toMatch(/^52\t·catch\t/m)
    })

    it('runs again without the start token when the switch is turned off', async () => {
      const startToken = workbench().panel.getByRole('switch')
      await startToken.click()

      await pickedOrNot('export. Token 0 of 85. No prediction, because no token precedes it').waitFor()
      await startToken.click()
      await pickedOrNot(`export. Token 0 of 85. ${spokenNumbers(0)}.`).waitFor()
      await finished()
    })

    it('shows its results again after a reload of the window', async () => {
      await workbench().reload()

      await pickedOrNot(`export. Token 0 of 85. ${spokenNumbers(0)}.`).waitFor()
      await grid().press('End')
      await openPrediction('How computed')
      await workbench()
        .panel.getByText(/logits\[0, 85\] of \[1, 86, 50257\]/)
        .waitFor()
      await openTokens()
    })

    it('says that the document has changed until the change is undone', async () => {
      await workbench().putCursor(1, 1)
      await workbench().page.keyboard.type('x')
      await status('the document has changed').waitFor()

      await workbench().page.keyboard.press('Control+z')

      await status('the document has changed').waitFor({ state: 'detached' })
    })

    it('inspects the changed document with Run Again', async () => {
      await workbench().putCursor(1, 1)
      await workbench().page.keyboard.type('// x\n')
      await workbench().panel.getByRole('button', { name: 'Run Again' }).click()

      await pickedOrNot('//. Token 0 of').waitFor()
      await finished()
      await status('the document has changed').waitFor({ state: 'detached' })
      await workbench().focusEditor()
      await workbench().revertFile()
      await inspectSample()
    })

    it('writes no error to the console', () => {
      expect(workbench().consoleErrors).toEqual([])
    })

    async function pickRow(position: number): Promise<void> {
      await grid().press('Home')
      for (let i = 0; i < position; i++) await grid().press('ArrowDown')
    }
  })
}
