import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Locator } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openWorkbench, type Theme, type Workbench } from './workbench'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const THEMES: readonly Theme[] = ['dark', 'light', 'highContrast', 'highContrastLight']
const SAMPLE_TOKENS = 85
const LONG_LINE = 'The language model head projects every hidden state to one score for each token.\n'

describe('inspecting in the workbench', () => {
  let workbench: Workbench

  beforeAll(async () => {
    workbench = await openWorkbench({ viewport: { width: 1440, height: 900 } })
  })

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail')
      await workbench.screenshot(`failed-${task.name.replaceAll(/\W+/g, '-')}`)
  })

  afterAll(async () => {
    await workbench.dispose()
  })

  describe('a whole document', () => {
    beforeAll(async () => {
      await inspectSample()
    })

    it('shows a row for every token and one for what comes next', async () => {
      await expect(rows().count()).resolves.toBe(SAMPLE_TOKENS + 1)
      await expect(grid().getAttribute('aria-rowcount')).resolves.toBe(String(SAMPLE_TOKENS + 2))
    })

    it('says which model speaks, and the text’s own figures', async () => {
      const header = await workbench.panel.locator('header').innerText()

      expect(header).toMatch(
        /mini\s+Model…\s+Use GPT-2\s+embedded, not GPT-2 itself\s+12 M parameters · fp32 · WASM, 1 thread\s+Measure Precision Cost\s+no context/,
      )
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
      await workbench.focusEditor()
      await expect(workbench.selectionStatus()).resolves.toBe('Ln 1, Col 1')
    })

    it('selects the token in the editor with Enter', async () => {
      await workbench.runCommand('Logitscope: Focus Panel')
      await grid().press('Enter')

      await workbench.focusEditor()
      await workbench.page.getByText('Ln 1, Col 33 (6 selected)').waitFor()
    })

    it('selects the token in the editor with a click in the text', async () => {
      await workbench.panel.locator('logitscope-strip').getByText('path', { exact: true }).first().click()

      await workbench.focusEditor()
      await workbench.page.getByText('Ln 1, Col 38 (4 selected)').waitFor()
    })

    it('follows the editor’s cursor', async () => {
      await workbench.putCursor(5, 6)

      await pickedRow('catch, leading space. Token 52 of 85.').waitFor()
    })

    it('shows where the numbers of the picked token come from', async () => {
      const detail = workbench.panel.locator('aside.detail')

      await detail.getByText('logits[0, 52] of [1, 86, 50257]').waitFor()
      await expect(detail.innerText()).resolves.toMatch(/logit \S+ − log-sum-exp \S+ = log-prob −\d\.\d{3}/)
    })

    it('cuts tokens live, exactly, and says how many', async () => {
      const topP = workbench.panel.getByLabel('Top-p, as a number')
      await topP.fill('0.5')
      await topP.press('Tab')

      await workbench.panel.getByText(/^Top-p 0\.50 keeps [\d,]+ tokens? and cuts [\d.]+ %$/).waitFor()
      await workbench.panel.locator('.candidates s').first().waitFor()
      await workbench.panel.getByRole('button', { name: 'Reset' }).click()
      await workbench.panel.locator('.candidates s').first().waitFor({ state: 'detached' })
    })

    it('lists the keys with ?', async () => {
      await grid().press('?')

      await workbench.panel.locator('.keys').waitFor()
      await workbench.page.keyboard.press('Escape')
      await workbench.panel.locator('.keys').waitFor({ state: 'detached' })
    })

    it('colours by another metric', async () => {
      await workbench.panel.getByLabel('Colour by').selectOption('rank')

      await workbench.panel.locator('.strip', { hasText: '101–1,000' }).waitFor()
      await workbench.panel.getByLabel('Colour by').selectOption('surprisal')
    })

    it('copies the row with where it comes from', async () => {
      await grid().focus()
      await grid().press('Control+c')

      await workbench.page.getByText('Row copied').waitFor()
      const copied = await workbench.page.evaluate(() => navigator.clipboard.readText())
      expect(copied).toMatch(/mini \(fp32, wasm\) · starts with <\|endoftext\|> · context: document/)
      expect(copied).toMatch(/^52\t·catch\t/m)
    })

    it('runs without the start token when the switch is turned off', async () => {
      const startToken = workbench.panel.getByRole('switch')
      await startToken.click()

      await rowOf(0).getByText('no context, no prediction').waitFor()
      await startToken.click()
      await pickedOrNot('export. Token 0 of 85. Probability 2.2 percent').waitFor()
    })

    it('comes back with its results after a reload of the window', async () => {
      await workbench.reload()

      await pickedOrNot('export. Token 0 of 85. Probability 2.2 percent').waitFor()
      await grid().press('End')
      await workbench.panel.getByText(/logits\[0, 85\] of \[1, 86, 50257\]/).waitFor()
    })

    it('says that the document has changed, until it is undone', async () => {
      await workbench.putCursor(1, 1)
      await workbench.page.keyboard.type('x')
      await notice('The document has changed').waitFor()

      await workbench.page.keyboard.press('Control+z')

      await notice('The document has changed').waitFor({ state: 'detached' })
    })

    it('takes the changed document with Run Again', async () => {
      await workbench.putCursor(1, 1)
      await workbench.page.keyboard.type('// x\n')
      await workbench.panel.getByRole('button', { name: 'Run Again' }).click()

      await pickedOrNot('//. Token 0 of').waitFor()
      await finished()
      await expect(notice('The document has changed').count()).resolves.toBe(0)
      await workbench.focusEditor()
      await workbench.runCommand('File: Revert File')
    })

    it('puts nothing on the console', () => {
      expect(workbench.consoleErrors).toEqual([])
    })
  })

  describe('a selection', () => {
    it('is judged with the text before it', async () => {
      await workbench.reset()
      await workbench.openFile('readConfig.ts')
      await workbench.selectLines(5, 6)

      await workbench.runCommand('Logitscope: Inspect Logits')

      await workbench.panel.locator('header', { hasText: '50 tokens before' }).waitFor()
    })

    it('keeps the focus where it is when the panel is open already', async () => {
      await workbench.selectLines(2, 2)

      await workbench.runCommand('Logitscope: Inspect Logits')

      await workbench.panel.locator('header', { hasText: '16 tokens before' }).waitFor()
      await workbench.page.keyboard.press('ArrowRight')
      await workbench.page.getByText('Ln 2, Col').waitFor()
    })

    it('has a section for each of several', async () => {
      await workbench.selectText('readConfig')
      await workbench.page.keyboard.press('Escape')
      await workbench.selectText('path')
      await workbench.page.keyboard.press('Control+d')

      await workbench.runCommand('Logitscope: Inspect Logits')

      await workbench.panel.locator('.row.section').nth(1).waitFor()
    })
  })

  describe('a long document', () => {
    beforeEach(async () => {
      await workbench.reset()
      await workbench.openNewFile('long.txt', LONG_LINE.repeat(900))
      await workbench.runCommand('Logitscope: Inspect Logits')
      await dialog()
        .getByText(/long\.txt: about [\d,]+ tokens, about \d+ (seconds|minutes?)/)
        .waitFor()
    })

    it('is inspected where it is visible', async () => {
      await dialog().getByRole('button', { name: 'Visible Part' }).click()

      await workbench.panel.locator('header', { hasText: 'perplexity' }).waitFor()
      await notice('of').waitFor({ state: 'detached' })
    })

    it('shows progress and can be cancelled from the keyboard', async () => {
      await dialog().getByRole('button', { name: 'All', exact: true }).click()
      await rows().nth(200).waitFor({ state: 'attached' })
      await workbench.panel.locator('progress').waitFor()

      await grid().press('Escape')

      await notice(/Cancelled after [\d,]+ of [\d,]+ tokens/).waitFor()
    })
  })

  describe('without a text', () => {
    it('asks for one, with a button', async () => {
      await workbench.reset()

      await workbench.runCommand('Logitscope: Inspect Logits')

      await workbench.panel.getByText('Open a text to inspect').waitFor()
      await workbench.panel.getByRole('button', { name: 'Open a Text…' }).waitFor()
    })

    it('says that a document is empty', async () => {
      await workbench.reset()
      await workbench.openNewFile('empty.txt', '')

      await workbench.runCommand('Logitscope: Inspect Logits')

      await workbench.panel.getByText('The document is empty').waitFor()
    })
  })

  describe.each(THEMES)('in the theme %s', (theme) => {
    it.each([
      ['beside the editor', { width: 1440, height: 900 }],
      ['wide', { width: 2400, height: 900 }],
    ])('has nothing serious against its accessibility, %s', async (name, viewport) => {
      await workbench.setViewport(viewport)
      await workbench.setTheme(theme)
      await inspectSample()
      await workbench.putCursor(6, 16)
      await pickedRow('Config, leading space. Token 63 of 85.').waitFor()
      await workbench.panel.getByText('Every one of 50,257 tokens can be drawn.').waitFor()

      const violations = await seriousViolations()

      await workbench.screenshot(`inspect-${theme}-${name.replaceAll(' ', '-')}`)
      expect(violations).toEqual([])
    })
  })

  async function inspectSample(): Promise<void> {
    await workbench.reset()
    await workbench.openFile('readConfig.ts')
    await workbench.runCommand('Logitscope: Inspect Logits')
    await rows().nth(SAMPLE_TOKENS).waitFor({ state: 'attached' })
    await finished()
  }

  /** Only a run that has come to its end says how long it took. */
  async function finished(): Promise<void> {
    await workbench.panel.locator('header', { hasText: /bits per token\s+[\d.]+ s/ }).waitFor()
  }

  async function seriousViolations(): Promise<string[]> {
    const frame = await workbench.panelFrame()
    await frame.evaluate(AXE)
    const results = await frame.evaluate<AxeResults>('axe.run()')
    return results.violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`)
  }

  const grid = (): Locator => workbench.panel.getByRole('grid')
  const rows = (): Locator => workbench.panel.locator('[role=row][data-position]')
  const rowOf = (position: number): Locator =>
    workbench.panel.locator(`[role=row][data-position="${position}"]`)
  const pickedRow = (label: string): Locator =>
    workbench.panel.locator(`[role=row][aria-selected=true][aria-label^="${label}"]`)
  const pickedOrNot = (label: string): Locator =>
    workbench.panel.locator(`[role=row][aria-label^="${label}"]`)
  const notice = (text: string | RegExp): Locator => workbench.panel.locator('.notice', { hasText: text })
  const dialog = (): Locator => workbench.page.getByRole('dialog')
  /** A decoration of ours is the only one with a border of its own around this text. */
  const highlighted = (text: string): Locator =>
    workbench.page.locator('.view-overlays [class*="ced-"]').filter({ hasNotText: text }).first()
})
