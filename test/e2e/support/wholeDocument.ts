import { beforeAll, describe, expect, it } from 'vitest'
import { SAMPLE_TOKENS, shownPanel } from './shownPanel'
import type { Workbench } from './workbench'

/**
 * From the selection to the panel and back, for a document as it is: the same on a machine and in a browser.
 * @param backend as the panel’s header names it
 */
export function inspectsAWholeDocument(workbench: () => Workbench, backend: string): void {
  describe('a whole document', () => {
    const { grid, rows, rowOf, pickedRow, pickedOrNot, notice, highlighted, inspectSample, finished } =
      shownPanel(workbench)

    beforeAll(async () => {
      await inspectSample()
    })

    it('shows a row for every token and one for what comes next', async () => {
      await expect(rows().count()).resolves.toBe(SAMPLE_TOKENS + 1)
      await expect(grid().getAttribute('aria-rowcount')).resolves.toBe(String(SAMPLE_TOKENS + 2))
    })

    it('says which model speaks, and the text’s own figures', async () => {
      const header = await workbench().panel.locator('header').innerText()

      expect(header).toMatch(
        /mini\s+Model…\s+Use GPT-2\s+embedded, not GPT-2 itself\s+12 M parameters · fp32 · /,
      )
      expect(header).toMatch(/ · WASM, \d threads?\s+Measure Precision Cost\s+no context/)
      expect(header).toContain(` · ${backend}\n`)
      expect(header).toMatch(/85 tokens\s+9\.0 perplexity\s+3\.17 bits per token/)
    })

    it('begins with the keyboard’s focus on the table', async () => {
      await expect(grid().evaluate((element) => element === document.activeElement)).resolves.toBe(true)
    })

    it('marks the token of the row in the editor and leaves the selection alone', async () => {
      await grid().press('Home')
      for (let i = 0; i < 4; i++) await grid().press('ArrowDown')

      await pickedRow('Config. Token 4 of 85. Probability 0.14 percent, rank 101, 9.5 bits.').waitFor()
      await highlighted('Config').waitFor()
      await workbench().focusEditor()
      await expect(workbench().selectionStatus()).resolves.toBe('Ln 1, Col 1')
    })

    it('selects the token in the editor with Enter', async () => {
      await workbench().runCommand('Logitscope: Focus Panel')
      await grid().press('Enter')

      await workbench().focusEditor()
      await workbench().page.getByText('Ln 1, Col 33 (6 selected)').waitFor()
    })

    it('selects the token in the editor with a click in the text', async () => {
      await workbench().panel.locator('logitscope-strip').getByText('path', { exact: true }).first().click()

      await workbench().focusEditor()
      await workbench().page.getByText('Ln 1, Col 38 (4 selected)').waitFor()
    })

    it('follows the editor’s cursor', async () => {
      await workbench().putCursor(5, 6)

      await pickedRow('catch, leading space. Token 52 of 85.').waitFor()
    })

    it('shows where the numbers of the picked token come from', async () => {
      const detail = workbench().panel.locator('aside.detail')

      await detail.getByText('logits[0, 52] of [1, 86, 50257]').waitFor()
      await expect(detail.innerText()).resolves.toMatch(/logit \S+ − log-sum-exp \S+ = log-prob −\d\.\d{3}/)
    })

    it('cuts tokens live, exactly, and says how many', async () => {
      const topP = workbench().panel.getByLabel('Top-p, as a number')
      await topP.fill('0.5')
      await topP.press('Tab')

      await workbench()
        .panel.getByText(/^Top-p 0\.50 keeps [\d,]+ tokens? and cuts [\d.]+ %$/)
        .waitFor()
      await workbench().panel.locator('.candidates s').first().waitFor()
      await workbench().panel.getByRole('button', { name: 'Reset' }).click()
      await workbench().panel.locator('.candidates s').first().waitFor({ state: 'detached' })
    })

    it('lists the keys with ?', async () => {
      await grid().press('?')

      await workbench().panel.locator('.keys').waitFor()
      await workbench().page.keyboard.press('Escape')
      await workbench().panel.locator('.keys').waitFor({ state: 'detached' })
    })

    it('colours by another metric', async () => {
      await workbench().panel.getByLabel('Colour by').selectOption('rank')

      await workbench().panel.locator('.strip', { hasText: '101–1,000' }).waitFor()
      await workbench().panel.getByLabel('Colour by').selectOption('surprisal')
    })

    it('copies the row with where it comes from', async () => {
      await grid().focus()
      await grid().press('Control+c')

      await workbench().page.getByText('Row copied').waitFor()
      const copied = await workbench().page.evaluate(() => navigator.clipboard.readText())
      expect(copied).toMatch(/mini \(fp32, wasm\) · starts with <\|endoftext\|> · context: document/)
      expect(copied).toMatch(/^52\t·catch\t/m)
    })

    it('runs without the start token when the switch is turned off', async () => {
      const startToken = workbench().panel.getByRole('switch')
      await startToken.click()

      await rowOf(0).getByText('no context, no prediction').waitFor()
      await startToken.click()
      await pickedOrNot('export. Token 0 of 85. Probability 2.2 percent').waitFor()
    })

    it('comes back with its results after a reload of the window', async () => {
      await workbench().reload()

      await pickedOrNot('export. Token 0 of 85. Probability 2.2 percent').waitFor()
      await grid().press('End')
      await workbench()
        .panel.getByText(/logits\[0, 85\] of \[1, 86, 50257\]/)
        .waitFor()
    })

    it('says that the document has changed, until it is undone', async () => {
      await workbench().putCursor(1, 1)
      await workbench().page.keyboard.type('x')
      await notice('The document has changed').waitFor()

      await workbench().page.keyboard.press('Control+z')

      await notice('The document has changed').waitFor({ state: 'detached' })
    })

    it('takes the changed document with Run Again', async () => {
      await workbench().putCursor(1, 1)
      await workbench().page.keyboard.type('// x\n')
      await workbench().panel.getByRole('button', { name: 'Run Again' }).click()

      await pickedOrNot('//. Token 0 of').waitFor()
      await finished()
      await expect(notice('The document has changed').count()).resolves.toBe(0)
      await workbench().focusEditor()
      await workbench().runCommand('File: Revert File')
    })

    it('puts nothing on the console', () => {
      expect(workbench().consoleErrors).toEqual([])
    })
  })
}
