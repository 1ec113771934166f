// Logitscope Native in the real workbench. Its engine runs in a process of its own.

import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { NATIVE } from '../../scripts/paths.mjs'
import { formatCount, formatDecimal, formatProbability } from '../../src/shared/text/format'
import { COMPLETIONS } from '../support/reference/miniExpectations'
import { HEADER_FIGURES, spokenNumbers, tokenNumbers } from '../support/reference/sampleNumbers'
import { engineProcesses } from './support/engineProcesses'
import { ghostTextOf } from './support/ghostText'
import { panelOf } from './support/panel'
import { useWorkbench } from './support/useWorkbench'
import { SLOW_HOVER } from './support/workbench'

/** 2,000 tokens: the engine has scored a small part of them when an open panel shows the first rows. */
const LONG_TEXT = 'The language model head projects every hidden state to one score for each token.\n'.repeat(
  500,
)
const { text: CODE, completion: COMPLETION } = COMPLETIONS.statement

const workbench = useWorkbench({
  extensions: [NATIVE],
  settings: {
    ...SLOW_HOVER,
    'logitscope.completion.minProbability': 0,
    // The list of suggestions hides ghost text while it is open, and it may open at any time.
    'editor.quickSuggestions': false,
  },
})

describe('Logitscope Native', () => {
  const { inspectSample, headerText, pickedOrNot } = panelOf(workbench)
  const { askForCompletion } = ghostTextOf(workbench)
  let firstBackend: string

  beforeAll(async () => {
    await inspectSample()
    firstBackend = await backendOfInspection()
  })

  beforeEach(async () => {
    await isReady()
    await workbench().reset()
  })

  it('has its self-test while WASM answers', async () => {
    await workbench().page.mouse.move(0, 0)
    await workbench().statusItem.hover()

    await workbench().page.locator('.monaco-hover', { hasText: 'Self-test against WASM on' }).waitFor()
    await workbench().screenshot('native-status-tooltip')
    expect(firstBackend).toMatch(/^WASM, \d threads?$/)
  })

  it('shows the same numbers as WASM', async () => {
    await inspectSample()

    await pickedOrNot(`Config. Token 4 of 85. ${spokenNumbers(4)}.`).waitFor()
    await expect.poll(headerText).toContain(HEADER_FIGURES)
    await expect.poll(backendOfInspection).toMatch(/^native, self-test: max \|Δ\| \d/)
  })

  it('answers hovers', async () => {
    await workbench().openFile('readConfig.ts')
    await workbench().page.mouse.move(0, 0)

    await workbench().page.locator('.view-line span').getByText('try', { exact: true }).hover()

    const { probability, rank, surprisal } = tokenNumbers(34)
    const numbers = `p ${formatProbability(probability)} rank ${formatCount(rank)} of 50,257 ${formatDecimal(surprisal)} bits`
    await workbench()
      .page.locator('.monaco-hover', { hasText: `·try ${numbers}` })
      .first()
      .waitFor()
  })

  it('completes at the cursor', async () => {
    await workbench().openNewFile('complete.ts', CODE)
    await workbench().page.keyboard.press('Control+End')

    const ghost = await askForCompletion()

    await workbench().page.keyboard.press('Escape')
    expect(ghost.slice(0, COMPLETION.length)).toBe(COMPLETION)
  })

  it('is replaced by WASM when its process is killed in mid-request, and is back after Retry Backend', async () => {
    const notices = workbench().page.locator('.notification-toast', {
      hasText: 'Native inference failed; using WASM.',
    })
    await inspectSample()
    await workbench().openNewFile('long.txt', LONG_TEXT)
    await workbench().page.keyboard.press('Control+a')
    const [engine = NaN] = await engineProcesses()
    await workbench().runCommand('Logitscope: Inspect Logits')
    await pickedOrNot('language, leading space. Token 1 of 8,000.').waitFor()

    process.kill(engine, 'SIGKILL')

    // A notification under the mouse stays.
    await notices.hover()
    await workbench().screenshot('native-killed')
    // In the popover, which is closed.
    await workbench()
      .panel.locator('.popover', { hasText: 'started on native' })
      .waitFor({ state: 'attached' })
    expect(await notices.count()).toBe(1)
    await workbench().runCommand('Logitscope: Cancel Inspection')
    await notices.getByRole('button', { name: 'Retry Backend' }).click()
    await isReady()
    await expect.poll(engineProcesses).toHaveLength(1)
  })

  it('writes no error to the console', () => {
    expect(workbench().consoleErrors).toEqual([])
  })

  it('has no process after its window was closed', async () => {
    const before = await engineProcesses()

    await workbench().page.goto('about:blank')

    await expect.poll(engineProcesses).toEqual([])
    expect(before).toHaveLength(1)
  })

  async function isReady(): Promise<void> {
    await workbench().statusItem.locator('[aria-label*="mini on native, self-test: max |Δ|"]').waitFor()
  }

  /** The backend according to the popover of the panel's model button. */
  async function backendOfInspection(): Promise<string> {
    const entry = workbench().panel.locator('.popover dt:text-is("Backend") + dd')
    return ((await entry.textContent()) ?? '').trim()
  }
})
