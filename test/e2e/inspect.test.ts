import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { panelOf, SAMPLE_TOKENS } from './support/panel'
import { seriousViolations } from './support/seriousViolations'
import { inspectsAWholeDocument } from './support/wholeDocument'
import { useWorkbench } from './support/useWorkbench'
import type { Theme } from './support/workbench'

const NEXT_TO_THE_EDITOR = { layout: 'next to the editor', width: 1440 }
const WIDE = { layout: 'wide', width: 2400 }
const LONG_LINE = 'The language model head projects every hidden state to one score for each token.\n'

describe('the panel in the workbench', () => {
  const workbench = useWorkbench()
  const { grid, rows, pickedRow, status, finished, hasFocus, inspectSample } = panelOf(workbench)
  const { openPrediction, openTokens } = panelOf(workbench)

  inspectsAWholeDocument(workbench, 'WASM, 1 thread', () => {
    it('shows a row for every token and one for the token that follows', async () => {
      await expect.poll(() => rows().count()).toBe(SAMPLE_TOKENS + 1)
      await expect(grid().getAttribute('aria-rowcount')).resolves.toBe(String(SAMPLE_TOKENS + 2))
    })

    it('has the focus on the table when it opens', async () => {
      await inspectSample()

      await expect(grid().evaluate((element) => element === document.activeElement)).resolves.toBe(true)
    })

    it('selects the token in the editor with a double click in the text', async () => {
      await workbench()
        .panel.locator('logitscope-strip')
        .getByText('path', { exact: true })
        .first()
        .dblclick()

      await workbench().focusEditor()
      await workbench().page.getByText('Ln 1, Col 38 (4 selected)').waitFor()
    })

    it('cuts tokens while a sampling setting changes, and says how many', async () => {
      await workbench().putCursor(5, 6)
      await openPrediction('Sampling')
      const topP = workbench().panel.getByLabel('Top-p, as a number')
      await topP.fill('0.5')
      await topP.press('Tab')

      await workbench()
        .panel.getByText(/^Top-p 0\.50 keeps [\d,]+ tokens? and cuts [\d.]+ %$/)
        .waitFor()
      await workbench().panel.locator('.candidates .cut').first().waitFor()
      await workbench().panel.getByRole('button', { name: 'Turn off top-p' }).click()
      await workbench().panel.locator('.candidates .cut').first().waitFor({ state: 'detached' })
      await openTokens()
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
  })

  describe('a selection', () => {
    beforeEach(async () => {
      await workbench().reset()
      await workbench().openFile('readConfig.ts')
    })

    it('is scored with the text before it', async () => {
      await workbench().selectLines(5, 6)

      await workbench().runCommand('Logitscope: Inspect Logits')

      await workbench().panel.locator('header', { hasText: '50 tokens before' }).waitFor()
    })

    it('keeps the focus in the editor when the panel is open already', async () => {
      await workbench().runCommand('Logitscope: Inspect Logits')
      await workbench().panel.locator('header', { hasText: 'no context' }).waitFor()
      await hasFocus()
      await workbench().selectLines(2, 2)

      await workbench().runCommand('Logitscope: Inspect Logits')

      await workbench().panel.locator('header', { hasText: '16 tokens before' }).waitFor()
      await workbench().page.keyboard.press('ArrowRight')
      await workbench()
        .page.getByText(/^Ln 2, Col \d+$/)
        .waitFor()
    })

    it('has a section for each range of a multiple selection', async () => {
      await workbench().selectText('readConfig')
      await workbench().page.keyboard.press('Escape')
      await workbench().selectText('path')
      await workbench().page.keyboard.press('Control+d')

      await workbench().runCommand('Logitscope: Inspect Logits')

      await workbench().panel.locator('.row.section').nth(1).waitFor()
    })
  })

  describe('a long document', () => {
    beforeEach(async () => {
      await workbench().reset()
      await workbench().openNewFile('long.txt', LONG_LINE.repeat(900))
      await workbench().runCommand('Logitscope: Inspect Logits')
      await workbench()
        .panel.getByText(/long\.txt has about [\d,]+ tokens, which takes about\s+\d+ (seconds|minutes?)/)
        .waitFor()
    })

    it('is inspected only in its visible part when the user chooses that', async () => {
      await workbench().panel.getByRole('button', { name: 'Inspect Visible Part' }).click()

      await finished()
      await expect(rows().count()).resolves.toBeLessThan(2000)
    })

    it('shows progress and can be cancelled from the keyboard', async () => {
      await workbench().panel.getByRole('button', { name: 'Inspect All' }).click()
      await rows().nth(200).waitFor({ state: 'attached' })
      await workbench().panel.locator('progress').waitFor()

      await grid().press('Escape')

      await status(/cancelled at [\d,]+ of [\d,]+ tokens/).waitFor()
    })
  })

  describe('without a text', () => {
    it('asks for a text, with a button', async () => {
      await workbench().reset()

      await workbench().runCommand('Logitscope: Inspect Logits')

      await workbench().panel.getByText('Open a file to inspect').waitFor()
      await workbench().panel.getByRole('button', { name: 'Open File…' }).waitFor()
    })

    it('says that a document is empty', async () => {
      await workbench().reset()
      await workbench().openNewFile('empty.txt', '')

      await workbench().runCommand('Logitscope: Inspect Logits')

      await workbench().panel.getByText('empty.txt is empty: there is nothing to inspect.').waitFor()
    })
  })

  describe('its page', () => {
    beforeAll(async () => {
      await inspectSample()
      await workbench().putCursor(6, 16)
    })

    afterAll(async () => {
      await workbench().page.setViewportSize({ width: 1440, height: 900 })
    })

    // Layouts differ in the places of the elements, themes in their colours.
    it.each<{ theme: Theme; layout: string; width: number }>([
      { theme: 'dark', ...WIDE },
      { theme: 'dark', ...NEXT_TO_THE_EDITOR },
      { theme: 'light', ...NEXT_TO_THE_EDITOR },
      { theme: 'highContrast', ...NEXT_TO_THE_EDITOR },
      { theme: 'highContrastLight', ...NEXT_TO_THE_EDITOR },
    ])(
      'has no serious accessibility violation in the theme $theme, $layout',
      async ({ theme, layout, width }) => {
        await workbench().page.setViewportSize({ width, height: 900 })
        await workbench().setTheme(theme)
        await pickedRow('Config, leading space. Token 63 of 85.').waitFor()
        const picture = `inspect-${theme}-${layout.replaceAll(' ', '-')}`
        await workbench().screenshot(picture)
        const inTokens = await seriousViolations(workbench())
        await openPrediction('Sampling')
        await openPrediction('How computed')
        await workbench().panel.getByText('All 50,257 tokens can be sampled.').waitFor()

        const inPrediction = await seriousViolations(workbench())

        await workbench().screenshot(`${picture}-prediction`)
        await openTokens()
        expect([...inTokens, ...inPrediction]).toEqual([])
      },
    )
  })
})
