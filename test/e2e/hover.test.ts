import type { Locator } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openWorkbench, type Theme, type Workbench } from './support/workbench'

const THEMES: readonly Theme[] = ['dark', 'light', 'highContrast', 'highContrastLight']

describe('hovers and status item in the workbench', () => {
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

  it('has a status item that names the model before the engine has started', async () => {
    await expect(statusItem().innerText()).resolves.toMatch(/^\s*mini\s*$/)
    await statusItem().locator('[aria-label^="Logitscope: model mini, not started yet."]').waitFor()
  })

  it('hovers nothing before a document was inspected', async () => {
    await workbench.openFile('readConfig.ts')
    await editorText('catch').hover()
    await workbench.page.locator('.monaco-hover').first().waitFor({ state: 'hidden' })

    await expect(statusItem().innerText()).resolves.toMatch(/^\s*mini\s*$/)
  })

  it('says in the status item that the engine is ready', async () => {
    await workbench.runCommand('Logitscope: Inspect Logits')

    await statusItem().getByText('mini · WASM').waitFor()
    await statusItem().locator('[aria-label*="mini on WASM, 1 thread, ready"]').waitFor()
  })

  it.each(THEMES)('shows what was expected at the hovered token, in the theme %s', async (theme) => {
    await workbench.setTheme(theme)

    await hoverOver('catch')

    await hover(/·catch\s+p 10\.7 %\s+rank 3 of 50,257\s+3\.23 bits\s+\(mini, 52\s+tokens before\)/).waitFor()
    await workbench.screenshot(`hover-${theme}`)
  })

  it('opens the panel at the token with its link', async () => {
    await workbench.setTheme('dark')
    await hoverOver('catch')

    await hover('·catch').getByText('Open the panel at this token').click()

    await pickedRow('catch, leading space.').waitFor()
    await expect(grid().evaluate((element) => element.contains(document.activeElement))).resolves.toBe(true)
  })

  it('opens the panel again at the token after it was closed', async () => {
    await workbench.runCommand('View: Close All Editor Groups')
    await workbench.openFile('readConfig.ts')
    await hoverOver('parse')

    await hover('parse').getByText('Open the panel at this token').click()

    await pickedRow('parse, leading space. Token 41 of 85.').waitFor()
  })

  it('has a menu that the keyboard alone goes through', async () => {
    const { page } = workbench
    await (await workbench.searchCommands('Logitscope: Show Menu')).first().waitFor()
    await page.keyboard.press('Enter')
    await menuEntry('Show Surprisal in Editor').waitFor()
    await workbench.screenshot('status-menu')

    await page.keyboard.type('toggle hover')
    await page.keyboard.press('Enter')

    await page.getByText('Logitscope: hover predictions off').waitFor()
  })

  it('has a tooltip with the model', async () => {
    await statusItem().hover()

    const tooltip = workbench.page.locator('.monaco-hover', { hasText: '12 M parameters' })
    await tooltip.getByText('embedded, not GPT-2 itself').waitFor()
  })

  it.each(THEMES)(
    'has a tooltip with the heatmap’s legend in its colours, in the theme %s',
    async (theme) => {
      await workbench.setTheme(theme)
      await workbench.focusEditor()
      await workbench.runCommand('Logitscope: Show Surprisal in Editor')
      await workbench.page.mouse.move(0, 0)
      await statusItem().hover()

      const step = workbench.page.locator('.monaco-hover span[style]', { hasText: '12+' })
      await step.waitFor()
      await workbench.screenshot(`status-tooltip-${theme}`)
      await expect(step.getAttribute('style')).resolves.toBe(
        'color:var(--vscode-logitscope-stepForeground);background-color:var(--vscode-logitscope-step5Background);',
      )
      await workbench.focusEditor()
      await workbench.runCommand('Logitscope: Hide Surprisal in Editor')
    },
  )

  /** Moves the mouse away first: VS Code shows a hover only to a mouse that comes. */
  async function hoverOver(text: string): Promise<void> {
    await workbench.focusEditor()
    await workbench.page.mouse.move(0, 0)
    await workbench.page.locator('.monaco-hover:visible').first().waitFor({ state: 'detached' })
    await editorText(text).hover()
  }

  const statusItem = (): Locator =>
    workbench.page.locator('.statusbar-item[id="logitscope.logitscope.status"]')
  const editorText = (text: string): Locator =>
    workbench.page.locator('.view-lines .view-line span').getByText(text, { exact: true }).first()
  const hover = (text: string | RegExp): Locator =>
    workbench.page.locator('.monaco-hover', { hasText: text }).first()
  const grid = (): Locator => workbench.panel.getByRole('grid')
  const pickedRow = (label: string): Locator =>
    workbench.panel.locator(`[role=row][aria-selected=true][aria-label^="${label}"]`)
  const menuEntry = (label: string): Locator =>
    workbench.page.locator('.quick-input-widget .monaco-list-row', { hasText: label }).first()
})
