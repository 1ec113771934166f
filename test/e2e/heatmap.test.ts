import type { Locator } from 'playwright-core'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { elementAt } from '../../src/shared/elementAt'
import { formatCount, formatDecimal, formatWholePercent } from '../../src/shared/text/format'
import {
  EXPECTED_TOKEN,
  LINE_END_EXPECTED_INDEX,
  LINE_END_EXPECTED,
  MOST_SURPRISING,
  SURPRISING_PLACES,
  type SurprisingPlace,
  TOKEN_OF_STEP,
  type UnexpectedToken,
} from '../support/reference/miniExpectations'
import { tokenNumbers } from '../support/reference/sampleNumbers'
import { useWorkbench } from './support/useWorkbench'
import { SLOW_HOVER, type Theme } from './support/workbench'

const THEMES: readonly Theme[] = ['dark', 'highContrastLight']
/** A look may last only while the user types. */
const OFTEN = { interval: 30 }

/** Consecutive characters of the editor's text with the same look. */
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
    await expect.poll(() => lookOf(TOKEN_OF_STEP[4]), OFTEN).toBe('fresh')
  })

  it.each(THEMES)('shows the steps by the weight of an underline in the theme %s', async (theme) => {
    await workbench().setTheme(theme)

    const steps = [
      { text: TOKEN_OF_STEP[4], px: 3, look: 'fresh' },
      { text: TOKEN_OF_STEP[3], px: 2, look: 'fresh' },
      { text: TOKEN_OF_STEP[2], px: 1, look: 'fresh' },
    ]
    // VS Code draws each step by itself.
    await expect.poll(stretches, OFTEN).toEqual(expect.arrayContaining(steps))
    await workbench().screenshot(`heatmap-${theme}`)
    expect((await stretches()).map(({ text }) => text)).not.toContain(EXPECTED_TOKEN)
  })

  it('is visible in prose and on invisible characters, and marks surprising line ends', async () => {
    for (const name of ['prose.txt', 'invisible.txt']) {
      await workbench().openFile(name)
      await workbench().showSurprisal()
      await expect.poll(async () => (await stretches()).some(({ px }) => px === 5), OFTEN).toBe(true)
      await workbench().screenshot(`heatmap-${name}`)
    }

    await expect.poll(lineEndMarks, OFTEN).toBeGreaterThan(0)
  })

  it('keeps the colours before an edit, fades those after it, and updates them', async () => {
    await workbench().putCursor(3, 3)

    const typing = workbench().page.keyboard.type('umbrella', { delay: 100 })

    await expect.poll(() => lookOf(TOKEN_OF_STEP[4]), OFTEN).toBe('stale')
    await expect.poll(() => lookOf(TOKEN_OF_STEP[3]), OFTEN).toBe('fresh')
    await workbench().screenshot('heatmap-typing')
    await typing
    await expect.poll(() => lookOf(TOKEN_OF_STEP[4]), OFTEN).toBe('fresh')
    await workbench().revertFile()
  })

  it('does not colour the selection', async () => {
    await workbench().selectLines(2, 3)

    await expect.poll(() => lookOf(TOKEN_OF_STEP[3]), OFTEN).toBeUndefined()
    await expect.poll(() => lookOf(TOKEN_OF_STEP[4]), OFTEN).toBe('fresh')
  })

  it('goes to the next and the previous surprising token and shows the hover', async () => {
    const [first, second] = SURPRISING_PLACES
    await workbench().putCursor(first.line, first.column - 1)

    await workbench().page.keyboard.press('Control+F8')

    await cursorAt(statusOf(first))
    await hover(first.token)
    await workbench().page.keyboard.press('Control+F8')
    await cursorAt(statusOf(second))
    await hover(second.token)
    await workbench().page.keyboard.press('Control+Shift+F8')
    await cursorAt(statusOf(first))
    await workbench().page.keyboard.press('Escape')
  })

  it('keeps the hover when the editor has to scroll sideways to the token', async () => {
    await workbench().openNewFile('wide.txt', `${'the '.repeat(80)}umbrella`)
    await showSurprisal()
    await expect.poll(() => lookOf('umbrella'), OFTEN).toBe('fresh')

    await workbench().page.keyboard.press('Control+Shift+F8')

    await hover('·umbrella')
    await cursorAt('Ln 1, Col 321')
    await hover('·umbrella')
  })

  it('lists the surprising tokens, the most surprising first', async () => {
    await openList()

    const first = items().first().and(workbench().page.locator('.focused'))
    await first.getByText(MOST_SURPRISING.token).waitFor()
    const { surprisal, rank } = tokenNumbers(MOST_SURPRISING.position)
    const numbers = `${formatDecimal(surprisal)} bits, rank ${formatCount(rank)}`
    const expected = `${MOST_SURPRISING.expected} ${shareOfExpected(MOST_SURPRISING)}`
    expect((await first.innerText()).replaceAll(/\s+/g, ' ')).toContain(
      `${numbers} line 6, expected ${expected}`,
    )
    await expect(items().nth(LINE_END_EXPECTED_INDEX).innerText()).resolves.toContain(
      `line 6, expected newline ${shareOfExpected(LINE_END_EXPECTED)}`,
    )
    await workbench().screenshot('heatmap-list')
    await workbench().page.keyboard.press('Enter')
    await cursorAt('Ln 6, Col 15')
    await hover(MOST_SURPRISING.token)
    await workbench().page.keyboard.press('Escape')
  })

  it('shows which side of a comparison makes tokens likelier, until the comparison ends', async () => {
    await workbench().page.keyboard.type('/* ConfigError: cannot read the path */ ')
    await workbench().putCursor(3, 3)
    await workbench().page.keyboard.type('umbrella')

    await workbench().runCommand('Logitscope: Compare with Saved')

    // The comment names the path; the word breaks the block that follows.
    await expect.poll(deltas, OFTEN).toEqual(expect.arrayContaining(['overline path', 'underline {']))
    await workbench().screenshot('heatmap-compared')
    await workbench().runCommand('Logitscope: End Comparison')
    await expect.poll(deltas, OFTEN).toEqual([])
    await workbench().focusEditor('readConfig.ts')
    await workbench().revertFile()
  })

  it('leaves the cursor where it was when the list is closed', async () => {
    await workbench().putCursor(4, 1)
    await openList()
    await items().first().getByText(MOST_SURPRISING.token).waitFor()

    await workbench().page.keyboard.press('Escape')

    await items().first().waitFor({ state: 'hidden' })
    await cursorAt('Ln 4, Col 1')
  })

  it('is on again after a reload of the window, and disappears when it is turned off', async () => {
    await workbench().reload()
    await workbench().openFile('readConfig.ts')
    await expect.poll(() => lookOf(TOKEN_OF_STEP[4]), OFTEN).toBe('fresh')

    await workbench().hideSurprisal()

    await expect.poll(stretches, OFTEN).toEqual([])
    await showSurprisal()
  })

  it('writes no error to the console', () => {
    expect(workbench().consoleErrors).toEqual([])
  })

  async function showSurprisal(): Promise<void> {
    await workbench().showSurprisal()
    await colouredSpans().first().waitFor()
  }

  async function openList(): Promise<void> {
    await workbench().findCommand('Logitscope: Go to Surprising Token…')
    await workbench().page.keyboard.press('Enter')
    await workbench().page.getByText('Surprising tokens', { exact: true }).waitFor()
  }

  const colouredSpans = (): Locator => workbench().page.locator('.view-line span[class*=ced-]')
  const items = (): Locator => workbench().page.locator('.quick-input-widget .monaco-list-row')

  const statusOf = ({ line, column }: SurprisingPlace): string => `Ln ${line}, Col ${column}`

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

  /** The tokens in the colours of a comparison, with the place of their line. */
  async function deltas(): Promise<string[]> {
    const lines = await colouredSpans().evaluateAll((spans) => {
      const themed = document.querySelector('.monaco-workbench')
      const colourOf = (name: string) => {
        const probe = document.createElement('i')
        probe.style.color = `var(--vscode-logitscope-${name})`
        themed?.append(probe)
        const { color } = getComputedStyle(probe)
        probe.remove()
        return color
      }
      const colours = [colourOf('plusForeground'), colourOf('minusForeground')]
      return spans.flatMap((span) => {
        const { textDecorationLine, textDecorationColor } = getComputedStyle(span)
        const isDelta = colours.includes(textDecorationColor)
        return isDelta ? [`${textDecorationLine} ${(span.textContent ?? '').trim()}`] : []
      })
    })
    return lines
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

/** The probability of the most likely token in a token's place, as the list shows it. */
function shareOfExpected({ position }: UnexpectedToken): string {
  return formatWholePercent(elementAt(tokenNumbers(position).topProbabilities, 0))
}
