import type { Locator } from 'playwright-core'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { useWorkbench } from './support/useWorkbench'
import { SLOW_HOVER, type Theme } from './support/workbench'

const THEMES: readonly Theme[] = ['dark', 'light', 'highContrast', 'highContrastLight']
const SOON = { timeout: 30_000, interval: 30 }

/** A part of the editor's text with one look. */
interface Stretch {
  readonly text: string
  /** Thickness of the underline. */
  readonly px: number
  readonly look: 'fresh' | 'stale'
}

describe('the heatmap in the workbench', () => {
  const workbench = useWorkbench({ settings: SLOW_HOVER })

  beforeAll(async () => {
    await workbench().openFile('readConfig.ts')
    await showSurprisal()
  })

  // The heatmap stays on for the file, so opening the file again is enough.
  beforeEach(async () => {
    await workbench().reset()
    await workbench().openFile('readConfig.ts')
    await expect.poll(() => lookOf('cause'), SOON).toBe('fresh')
  })

  it.each(THEMES)('shows the steps by the weight of an underline in the theme %s', async (theme) => {
    await workbench().setTheme(theme)

    await expect.poll(stretches, SOON).toContainEqual({ text: 'cause', px: 3, look: 'fresh' })
    await workbench().screenshot(`heatmap-${theme}`)
    const shown = await stretches()
    expect(shown).toContainEqual({ text: 'JSON', px: 2, look: 'fresh' })
    expect(shown).toContainEqual({ text: 'catch', px: 1, look: 'fresh' })
    expect(shown.map(({ text }) => text)).not.toContain('annot')
  })

  it('is visible in prose and on invisible characters, and marks surprising line ends', async () => {
    for (const name of ['prose.txt', 'invisible.txt']) {
      await workbench().openFile(name)
      await workbench().runCommand('Logitscope: Show Surprisal in Editor')
      await expect.poll(async () => (await stretches()).some(({ px }) => px === 5), SOON).toBe(true)
      await workbench().screenshot(`heatmap-${name}`)
    }

    await expect.poll(lineEndMarks, SOON).toBeGreaterThan(0)
  })

  it('keeps the colours before an edit, fades those after it, and updates them', async () => {
    await workbench().putCursor(3, 3)

    const typing = workbench().page.keyboard.type('umbrella', { delay: 100 })

    await expect.poll(() => lookOf('cause'), SOON).toBe('stale')
    await expect(lookOf('fs')).resolves.toBe('fresh')
    await workbench().screenshot('heatmap-typing')
    await typing
    await expect.poll(() => lookOf('cause'), SOON).toBe('fresh')
    await workbench().revertFile()
  })

  it('does not colour the selection', async () => {
    await workbench().selectLines(2, 3)

    await expect.poll(() => lookOf('fs'), SOON).toBeUndefined()
    await expect(lookOf('cause')).resolves.toBe('fresh')
  })

  it('goes to the next and the previous surprising token and shows the hover', async () => {
    await workbench().putCursor(2, 1)

    await workbench().page.keyboard.press('Control+F8')

    await cursorAt('Ln 2, Col 9')
    await hover('·text')
    await workbench().page.keyboard.press('Control+F8')
    await cursorAt('Ln 2, Col 22')
    await hover('·fs')
    await workbench().page.keyboard.press('Control+Shift+F8')
    await cursorAt('Ln 2, Col 9')
    await workbench().page.keyboard.press('Escape')
  })

  it('lists the surprising tokens, the most surprising first', async () => {
    await openList()

    const first = items().first()
    await first.getByText('·Config').waitFor()
    await expect(first.innerText()).resolves.toMatch(/11\.79 bits, rank 164\s+line 6, expected ·Error 57 %/)
    await expect(items().nth(3).innerText()).resolves.toContain('line 6, expected newline 74 %')
    await workbench().screenshot('heatmap-list')
    await workbench().page.keyboard.press('Enter')
    await cursorAt('Ln 6, Col 15')
    await hover('·Config')
    await workbench().page.keyboard.press('Escape')
  })

  it('leaves the cursor where it was when the list is closed', async () => {
    await workbench().putCursor(4, 1)
    await openList()

    await workbench().page.keyboard.press('Escape')

    await items().first().waitFor({ state: 'hidden' })
    await cursorAt('Ln 4, Col 1')
  })

  it('is on again after a reload of the window, and disappears when it is turned off', async () => {
    await workbench().reload()
    await workbench().openFile('readConfig.ts')
    await expect.poll(() => lookOf('cause'), SOON).toBe('fresh')

    await workbench().hideSurprisal()

    await expect.poll(stretches, SOON).toEqual([])
    await showSurprisal()
  })

  it('says why a text cannot be tokenized, and turns itself off', async () => {
    await workbench().openNewFile('run.txt', 'x'.repeat(20_000))

    await workbench().runCommand('Logitscope: Show Surprisal in Editor')

    await workbench()
      .page.getByText(/Surprisal is no longer shown in run\.txt\. Line 1 has more than 10,000 letters/)
      .first()
      .waitFor()
    await workbench().runCommand('Notifications: Clear All Notifications')
    await expect(hideButton().count()).resolves.toBe(0)
  })

  it('writes no error to the console', () => {
    expect(workbench().consoleErrors).toEqual([])
  })

  async function showSurprisal(): Promise<void> {
    await workbench().runCommand('Logitscope: Show Surprisal in Editor')
    await colouredSpans().first().waitFor()
  }

  async function openList(): Promise<void> {
    await workbench().findCommand('Logitscope: Go to Surprising Token…')
    await workbench().page.keyboard.press('Enter')
    await workbench().page.getByText('Surprising tokens', { exact: true }).waitFor()
  }

  const colouredSpans = (): Locator => workbench().page.locator('.view-line span[class*=ced-]')
  const items = (): Locator => workbench().page.locator('.quick-input-widget .monaco-list-row')
  const hideButton = (): Locator => workbench().page.getByRole('button', { name: 'Hide Surprisal in Editor' })

  const cursorAt = (status: string): Promise<void> =>
    workbench().page.getByText(status, { exact: true }).waitFor()

  const hover = (token: string): Promise<void> =>
    workbench()
      .page.locator('.monaco-hover', { hasText: new RegExp(`${token} +p .* bits`) })
      .first()
      .waitFor()

  async function lookOf(text: string): Promise<Stretch['look'] | undefined> {
    return (await stretches()).find((stretch) => stretch.text === text)?.look
  }

  function lineEndMarks(): Promise<number> {
    return colouredSpans().evaluateAll(
      (spans) => spans.filter((span) => getComputedStyle(span, '::after').content.includes('↵')).length,
    )
  }

  function stretches(): Promise<Stretch[]> {
    return colouredSpans().evaluateAll((spans) =>
      spans.flatMap((span) => {
        const text = (span.textContent ?? '').trim()
        if (text === '') return []
        const { textDecorationThickness, textDecorationColor } = getComputedStyle(span)
        const look = textDecorationColor.includes('/') ? ('stale' as const) : ('fresh' as const)
        return [{ text, px: parseFloat(textDecorationThickness), look }]
      }),
    )
  }
})
