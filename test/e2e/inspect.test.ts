import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { shownPanel } from './support/shownPanel'
import { inspectsAWholeDocument } from './support/wholeDocument'
import { openWorkbench, type Theme, type Workbench } from './support/workbench'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const THEMES: readonly Theme[] = ['dark', 'light', 'highContrast', 'highContrastLight']
const LONG_LINE = 'The language model head projects every hidden state to one score for each token.\n'

describe('inspecting in the workbench', () => {
  let workbench: Workbench
  const { grid, rows, pickedRow, notice, dialog, inspectSample } = shownPanel(() => workbench)

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

  inspectsAWholeDocument(() => workbench, 'WASM, 1 thread')

  describe('a selection', () => {
    it('is scored with the text before it', async () => {
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

      await workbench.panel.getByText('Open a file to inspect').waitFor()
      await workbench.panel.getByRole('button', { name: 'Open File…' }).waitFor()
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
      await workbench.panel.getByText('All 50,257 tokens can be sampled.').waitFor()

      const violations = await seriousViolations()

      await workbench.screenshot(`inspect-${theme}-${name.replaceAll(' ', '-')}`)
      expect(violations).toEqual([])
    })
  })

  async function seriousViolations(): Promise<string[]> {
    const frame = await workbench.panelFrame()
    await frame.evaluate(AXE)
    const results = await frame.evaluate<AxeResults>('axe.run()')
    return results.violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`)
  }
})
