import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Locator } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest'
import { REPO } from '../../scripts/paths.mjs'
import { openWorkbench, type Theme, type Workbench, type WorkbenchOptions } from './support/workbench'

/** Small, so that the text in the pictures can be read in the walkthrough's column. */
const PICTURE_OF_TWO = { width: 1000, height: 560 }
const PICTURE_OF_HOVER = { width: 800, height: 500 }
const PICTURE_OF_EDITOR = { width: 640, height: 420 }
/** Line and column. */
const BANANA = [4, 29] as const
const PICTURE_THEMES: readonly Theme[] = ['dark', 'light']

let workbench: Workbench

describe('the walkthrough', () => {
  useWorkbench({ viewport: { width: 1600, height: 900 } })

  beforeAll(async () => {
    const { page } = workbench
    // Else VS Code moves the focus to a step only after its animation, away from what has it by then.
    await page.emulateMedia({ reducedMotion: 'reduce' })
    const entries = await workbench.searchCommands('Welcome: Open Walkthrough...')
    await entries.filter({ hasText: 'Open Walkthrough' }).first().waitFor()
    await page.keyboard.press('Enter')
    await page.getByPlaceholder('Select a walkthrough to open').fill('Get Started with Logitscope')
    await page.locator('.quick-input-widget .monaco-list-row.focused', { hasText: 'Logitscope' }).waitFor()
    await page.keyboard.press('Enter')
    await button('Inspect the Sample').waitFor()
  })

  it('fills the panel with the sample', async () => {
    await workbench.screenshot('walkthrough')
    await button('Inspect the Sample').click()

    await workbench.panel.locator('[role=row][aria-label^="ban. Token 47 of 108."]').waitFor()
    await workbench.screenshot('walkthrough-inspected')
  })

  it('goes to the panel', async () => {
    await openStep('Read the panel')
    await button('Go to the Panel').click()

    await workbench.panel.locator('[role=grid]:focus').waitFor()
  })

  it('shows a surprise with its hover', async () => {
    await openStep('Hover over a surprise')
    await button('Show the Next Surprise').click()

    await hover('rank').waitFor()
    await workbench.screenshot('walkthrough-hover')
  })

  it('completes the sample', async () => {
    await openStep('Let the model go on')
    await button('Complete the Sample').click()

    await ghostText().waitFor()
    await workbench.screenshot('walkthrough-complete')
  })

  async function openStep(title: string): Promise<void> {
    await workbench.page.getByRole('button', { name: title }).first().click()
  }

  const button = (name: string): Locator => workbench.page.getByRole('button', { name, exact: true })
})

describe.each(PICTURE_THEMES)('what the walkthrough’s pictures show, in the theme %s', (theme) => {
  useWorkbench({ theme })

  let sample: string

  beforeAll(async () => {
    // By the time of an answer the folder is watched, and a new file seen.
    await workbench.openFile('readConfig.ts')
    await workbench.runCommand('Logitscope: Inspect Logits')
    await workbench.panel.locator('header', { hasText: 'bits per token' }).waitFor()
    sample = await readFile(join(REPO, 'media', 'walkthrough', 'sample.ts.txt'), 'utf8')
    await workbench.reset()
    await workbench.openNewFile('sample.ts', sample)
    await workbench.runCommand('View: Toggle Primary Side Bar Visibility')
    await workbench.setViewport(PICTURE_OF_TWO)
    await workbench.runCommand('Logitscope: Inspect Logits')
    await workbench.panel.locator('header', { hasText: '108 tokens' }).waitFor()
    await workbench.putCursor(...BANANA)
    await workbench.panel.locator('[role=row][aria-selected=true][aria-label^="ban."]').waitFor()
  })

  it('is the sample and the panel', async () => {
    await takePicture('inspect', workbench.page.locator('.part.editor'))
  })

  it('is the panel', async () => {
    await takePicture('panel', workbench.page.locator('.editor-group-container').nth(1))
  })

  it('is a hover in the coloured editor', async () => {
    await workbench.reset()
    // As TypeScript it would have TypeScript's hover above ours.
    await workbench.openNewFile('sample.txt', sample)
    await workbench.runCommand('View: Toggle Primary Side Bar Visibility')
    await workbench.setViewport(PICTURE_OF_HOVER)
    await workbench.runCommand('Logitscope: Show Surprisal in Editor')
    await workbench.putCursor(...BANANA)
    await workbench.page.keyboard.press('Control+k')
    await workbench.page.keyboard.press('Control+i')
    await hover(/^ban\s+p/).waitFor()

    await takePicture('hover', workbench.page.locator('.part.editor'))
  })

  it('is a completion', async () => {
    await workbench.reset()
    await workbench.setViewport(PICTURE_OF_TWO)
    await workbench.openNewFile('sample.ts', sample)
    await workbench.runCommand('View: Toggle Primary Side Bar Visibility')
    await workbench.setViewport(PICTURE_OF_EDITOR)
    await workbench.page.keyboard.press('Control+End')
    await workbench.runCommand('Logitscope: Complete at Cursor')
    await ghostText().waitFor()

    await takePicture('complete', workbench.page.locator('.part.editor'))
  })

  async function takePicture(step: string, part: Locator): Promise<void> {
    await workbench.screenshotOf(part, `walkthrough-${step}-${theme}`)
  }
})

function useWorkbench(options: WorkbenchOptions): void {
  beforeAll(async () => {
    workbench = await openWorkbench(options)
  })

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail')
      await workbench.screenshot(`failed-${task.name.replaceAll(/\W+/g, '-')}`)
  })

  afterAll(async () => {
    await workbench.dispose()
  })
}

function hover(text: string | RegExp): Locator {
  return workbench.page.locator('.monaco-hover', { hasText: text }).first()
}

function ghostText(): Locator {
  return workbench.page.locator('.ghost-text-decoration, .ghost-text').first()
}
