import type { Locator } from 'playwright-core'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { formatCount, formatDecimal, formatProbability } from '../../src/shared/text/format'
import { tokenNumbers } from '../support/reference/sampleNumbers'
import { panelOf } from './support/panel'
import { useWorkbench } from './support/useWorkbench'
import { SLOW_HOVER } from './support/workbench'

const workbench = useWorkbench({ settings: SLOW_HOVER })

describe('before a document is inspected', () => {
  it('the status item names the model, and no hover is shown until the engine is ready', async () => {
    const { page, statusItem } = workbench()
    await statusItem.filter({ hasText: /^\s*mini\s*$/ }).waitFor()
    await statusItem.locator('[aria-label^="Logitscope: model mini, not started yet."]').waitFor()

    await workbench().openFile('readConfig.ts')
    await page.locator('.view-line span').getByText('catch', { exact: true }).hover()
    await page.locator('.monaco-hover').first().waitFor({ state: 'hidden' })
    await statusItem.filter({ hasText: /^\s*mini\s*$/ }).waitFor()

    await workbench().runCommand('Logitscope: Inspect Logits')
    await statusItem.getByText('mini · WASM').waitFor()
    await statusItem.locator('[aria-label*="mini on WASM, 1 thread, ready"]').waitFor()
  })
})

describe('in an inspected document', () => {
  const { inspectSample, hasFocus, grid, pickedRow } = panelOf(workbench)

  beforeAll(async () => {
    await inspectSample()
  })

  // The document stays inspected when its editor is closed.
  beforeEach(async () => {
    await workbench().reset()
    await workbench().openFile('readConfig.ts')
  })

  it('the hover shows the model’s prediction at the hovered token', async () => {
    await hoverOver('try')

    const { probability, rank, surprisal } = tokenNumbers(34)
    const numbers = `p ${formatProbability(probability)} rank ${formatCount(rank)} of 50,257 ${formatDecimal(surprisal)} bits`
    await hover(`·try ${numbers}`).waitFor()
    await workbench().screenshot('hover')
  })

  it('the hover’s link opens the panel at the token', async () => {
    await hoverOver('catch')

    await hover('·catch').getByText('Open the panel at this token').click()

    await pickedRow('catch, leading space. Token 52 of 85.').waitFor()
    await expect.poll(() => grid().evaluate((element) => element.contains(document.activeElement))).toBe(true)
  })

  it('the hover’s link selects the token in a panel that is open already', async () => {
    await workbench().runCommand('Logitscope: Inspect Logits')
    await pickedRow('Config, leading space.').waitFor()
    await hasFocus()
    await hoverOver('parse')

    await hover('parse').getByText('Open the panel at this token').click()

    await pickedRow('parse, leading space. Token 41 of 85.').waitFor()
  })

  it('the status item has a menu that the keyboard alone can operate', async () => {
    const { page } = workbench()
    await toggleHoverInMenu()
    await page.getByText('Logitscope: hover predictions off').waitFor()

    await toggleHoverInMenu()

    await page.getByText('Logitscope: hover predictions in inspected documents').waitFor()
  })

  it('the status item has a tooltip with the model', async () => {
    await workbench().page.mouse.move(0, 0)
    await workbench().statusItem.hover()

    const tooltip = workbench().page.locator('.monaco-hover', { hasText: '12 M parameters' })
    await tooltip.getByText('embedded, not GPT-2 itself').waitFor()
    // With other spaces its lines would break within words.
    await expect.poll(() => tooltip.textContent()).toMatch(/12 M parameters.*Native inference is not used: /s)
  })

  it('the status item has a tooltip with the heatmap’s legend in the colours of the theme', async () => {
    await workbench().showSurprisal()
    await workbench().page.mouse.move(0, 0)
    await workbench().statusItem.hover()

    const step = workbench().page.locator('.monaco-hover span[style]', { hasText: '12+' })
    await step.waitFor()
    await workbench().screenshot('status-tooltip')
    await expect(step.getAttribute('style')).resolves.toBe(
      'color:var(--vscode-logitscope-stepForeground);background-color:var(--vscode-logitscope-step5Background);',
    )
    await workbench().focusEditor()
    await workbench().hideSurprisal()
  })

  async function toggleHoverInMenu(): Promise<void> {
    const { page } = workbench()
    await workbench().findCommand('Logitscope: Show Menu')
    await page.keyboard.press('Enter')
    await menuEntry('Show Surprisal in Editor').waitFor()
    await workbench().screenshot('status-menu')
    await page.keyboard.type('toggle hover')
    await menuEntry('Toggle Hover Predictions').and(page.locator('.focused')).waitFor()
    await page.keyboard.press('Enter')
  }

  /** Moves the mouse away first: VS Code shows a hover only when the mouse moves onto the text. */
  async function hoverOver(text: string): Promise<void> {
    await workbench().page.mouse.move(0, 0)
    await workbench().page.locator('.monaco-hover:visible').first().waitFor({ state: 'detached' })
    await editorText(text).hover()
  }

  const editorText = (text: string): Locator =>
    workbench().page.locator('.view-lines .view-line span').getByText(text, { exact: true }).first()
  const hover = (text: string | RegExp): Locator =>
    workbench().page.locator('.monaco-hover', { hasText: text }).first()
  const menuEntry = (label: string): Locator =>
    workbench().page.locator('.quick-input-widget .monaco-list-row', { hasText: label }).first()
})
