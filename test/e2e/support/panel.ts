import type { Locator } from 'playwright-core'
import type { Workbench } from './workbench'

export const SAMPLE_TOKENS = 85

/** Actions and locators that several test files use for a window's panel and for the panel's token in the editor. */
export function panelOf(workbench: () => Workbench) {
  async function inspectSample(): Promise<void> {
    await workbench().reset()
    await workbench().openFile('readConfig.ts')
    await workbench().runCommand('Logitscope: Inspect Logits')
    await rows().nth(SAMPLE_TOKENS).waitFor({ state: 'attached' })
    await finished()
    await hasFocus()
  }

  /**
   * Waits until the table of a new panel has the keyboard focus. VS Code gives it to a webview some time after it has
   * opened, and would take it away from the editor that a test has focused before.
   */
  async function hasFocus(): Promise<void> {
    const frame = await workbench().panelFrame()
    await frame.waitForFunction(
      () => document.hasFocus() && document.activeElement?.getAttribute('role') === 'grid',
    )
  }

  /** Waits until the run has ended: only then does the header show its duration. */
  async function finished(): Promise<void> {
    await workbench()
      .panel.locator('header .status', { hasText: /^\s*[\d.]+ (s|min)/ })
      .waitFor()
  }

  /** The text of the header, on one line. */
  async function headerText(): Promise<string> {
    return (await workbench().panel.locator('header').innerText()).replaceAll(/\s+/g, ' ')
  }

  /** Opens the tab Prediction, and one of its sections. The table is hidden then if the panel has only one column. */
  async function openPrediction(section: 'Sampling' | 'How computed'): Promise<void> {
    await workbench().panel.getByRole('tab', { name: 'Prediction' }).click()
    const details = workbench().panel.locator('details', { hasText: section })
    if ((await details.getAttribute('open')) === null) await details.locator('summary').click()
  }

  async function openTokens(): Promise<void> {
    await workbench().panel.getByRole('tab', { name: 'Tokens' }).click()
  }

  const grid = (): Locator => workbench().panel.getByRole('grid')
  const rows = (): Locator => workbench().panel.locator('[role=row][data-position]')
  const rowOf = (position: number): Locator =>
    workbench().panel.locator(`[role=row][data-position="${position}"]`)
  const pickedRow = (label: string): Locator =>
    workbench().panel.locator(`[role=row][aria-selected=true][aria-label^="${label}"]`)
  const pickedOrNot = (label: string): Locator =>
    workbench().panel.locator(`[role=row][aria-label^="${label}"]`)
  const notice = (text: string | RegExp): Locator => workbench().panel.locator('.notice', { hasText: text })
  /** The run's outcome in the header. */
  const status = (text: string | RegExp): Locator =>
    workbench().panel.locator('header .status', { hasText: text })
  const dialog = (): Locator => workbench().page.getByRole('dialog')
  /** The extension's highlight of a token; only this decoration has a border around the text. */
  const highlighted = (text: string): Locator =>
    workbench().page.locator('.view-overlays [class*="ced-"]').filter({ hasNotText: text }).first()

  return {
    inspectSample,
    hasFocus,
    finished,
    headerText,
    openPrediction,
    openTokens,
    grid,
    rows,
    rowOf,
    pickedRow,
    pickedOrNot,
    notice,
    status,
    dialog,
    highlighted,
  }
}
