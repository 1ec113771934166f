// Makes the pictures of the README and of the walkthrough; `npm run screenshots` runs it.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Locator } from 'playwright-core'
import { beforeAll, beforeEach, describe, it } from 'vitest'
import { REPO } from '../../scripts/paths.mjs'
import { chooseInMenu } from './support/chooseInMenu'
import { panelOf } from './support/panel'
import { logitsOf, saveLogits, startMini, withBias } from './support/savedLogits'
import { useWorkbench } from './support/useWorkbench'
import type { Theme } from './support/workbench'

const MEDIA = join(REPO, 'media')

const README_VIEWPORT = { width: 1640, height: 940 }
/** Small, so that the text of the pictures is readable in the walkthrough's column. */
const PANEL_VIEWPORT = { width: 1000, height: 560 }
const HOVER_VIEWPORT = { width: 800, height: 500 }
const EDITOR_VIEWPORT = { width: 640, height: 420 }
const CHECK_VIEWPORT = { width: 1000, height: 620 }

/** Each of the two editor groups is 696 pixels wide. */
const SECTION_VIEWPORT = { width: 1440, height: 1200 }
/** The editor is as wide as the pictures of the panel. */
const EDITOR_SECTION_VIEWPORT = { width: 740, height: 420 }
/** The position of `·algebra` in the sample's prose, the word that the model did not expect. */
const ALGEBRA = 87

/** “The quick brown fox jumps over the lazy dog.” */
const CHECKED_IDS = [464, 2068, 7586, 21831, 18045, 625, 262, 16931, 3290, 13]

/** Line and column of the walkthrough's surprising token. */
const BANANA = [4, 29] as const
const THEMES: readonly Theme[] = ['dark', 'light']

describe('the README', () => {
  const workbench = useWorkbench()
  const { inspectSample, pickedRow, grid, openPrediction } = panelOf(workbench)

  it('shows the sample and the panel', async () => {
    await workbench().page.setViewportSize(README_VIEWPORT)
    await inspectSample()
    await workbench().runCommand('View: Toggle Primary Side Bar Visibility')
    await grid().focus()
    for (let i = 0; i < 3; i++) await workbench().runCommand('Increase Editor Width')
    await workbench().panel.getByRole('tablist', { name: 'Views of the picked token' }).waitFor()
    await workbench().putCursor(6, 16)
    await pickedRow('Config, leading space.').waitFor()
    await openPrediction('How computed')
    await grid().focus()
    await workbench().page.locator('.monaco-hover:visible').first().waitFor({ state: 'detached' })

    await workbench().page.screenshot({ path: join(MEDIA, 'screenshot.png') })
  })
})

describe('a section of the README', () => {
  const workbench = useWorkbench({ settings: { 'editor.minimap.enabled': false } })
  const { finished, hasFocus, pickedRow, openTokens } = panelOf(workbench)
  const panel = () => workbench().panel
  const openTab = (name: string) => panel().getByRole('tab', { name }).click()

  beforeEach(async () => {
    await workbench().page.setViewportSize(SECTION_VIEWPORT)
    await workbench().reset()
    await workbench().openFile('prose.txt')
    await workbench().runCommand('View: Toggle Primary Side Bar Visibility')
  })

  it('shows the text and the table of the panel', async () => {
    // Low, so that the table scrolls to the picked row.
    await workbench().page.setViewportSize({ ...SECTION_VIEWPORT, height: 640 })
    await inspectProse()
    await openTokens()

    await takePicture('inspect', workbench().page.locator('.editor-group-container').nth(1))
  })

  it('shows what makes the model predict a token', async () => {
    await inspectProse()
    await openTab('Why')
    await panel().getByRole('row', { name: 'the sum, exactly' }).waitFor()
    await panel().locator('.explanation[aria-busy=false]').waitFor()

    await takePicture('why', panel().locator('main.work'), 505)
  })

  it('shows what every layer predicts', async () => {
    await inspectProse()
    await openTab('Lens')
    await panel().locator(`#lens-0-${ALGEBRA}-6 .token:not(.absent)`).waitFor()

    await takePicture('lens', panel().locator('main.work'), 298)
  })

  it('shows what the text before a paragraph changes', async () => {
    await workbench().selectLines(3, 3)
    await inspectProse()
    await workbench().findCommand('Logitscope: Compare…')
    await workbench().page.keyboard.press('Enter')
    const choices = workbench().page.locator('.quick-input-widget')
    await choices.getByRole('option', { name: /the same text in the other context/ }).click()
    await panel().locator('header .figures', { hasText: 'KL' }).waitFor()
    await openTokens()

    await takePicture('compare', workbench().page.locator('.editor-group-container').nth(1), 520)
  })

  it('shows the editor coloured, and a hover', async () => {
    await workbench().configure({ 'editor.wordWrap': 'on' })
    await workbench().showSurprisal()
    const editor = workbench().page.locator('.editor-group-container')
    await workbench().page.setViewportSize(EDITOR_SECTION_VIEWPORT)
    await workbench().page.locator('.view-overlays [class*="ced-"]').first().waitFor()
    await takePicture('heatmap', editor, 240)

    await workbench().page.locator('.view-line span').getByText('algebra').hover()
    await workbench()
      .page.locator('.monaco-hover', { hasText: /·algebra\s+p/ })
      .first()
      .waitFor()
    await takePicture('hover', editor, 206)
  })

  /** Inspects the prose, or what is selected of it, and picks its surprising word. */
  async function inspectProse(): Promise<void> {
    await workbench().runCommand('Logitscope: Inspect Logits')
    await finished()
    await hasFocus()
    await panel().locator('.running-text').getByText('algebra', { exact: true }).click()
    await pickedRow('algebra, leading space.').waitFor({ state: 'attached' })
  }

  /** Takes a picture of an element, or of its upper part. */
  async function takePicture(name: string, part: Locator, height?: number): Promise<void> {
    const box = await part.boundingBox()
    if (box === null) throw new Error(`the part for ${name} is not on the screen`)
    const clip = { ...box, height: height ?? box.height }
    await workbench().page.screenshot({ path: join(MEDIA, 'readme', `${name}.png`), clip })
  }
})

describe.each(THEMES)('the walkthrough in the theme %s', (theme) => {
  const workbench = useWorkbench({ theme })
  const { finished, pickedRow } = panelOf(workbench)
  let sample: string

  beforeAll(async () => {
    sample = await readFile(join(MEDIA, 'walkthrough', 'sample.ts.txt'), 'utf8')
  })

  beforeEach(async () => {
    await workbench().page.setViewportSize({ width: 1440, height: 900 })
    await workbench().reset()
  })

  it('shows the sample and the panel', async () => {
    await openSample('sample.ts', PANEL_VIEWPORT)
    await workbench().runCommand('Logitscope: Inspect Logits')
    await finished()
    await workbench().putCursor(...BANANA)
    await pickedRow('ban.').waitFor()

    await takePicture('inspect', workbench().page.locator('.part.editor'))
    await takePicture('panel', workbench().page.locator('.editor-group-container').nth(1))
  })

  it('shows a hover in the coloured editor', async () => {
    // As TypeScript it would have TypeScript's hover, too.
    await openSample('sample.txt', HOVER_VIEWPORT)
    await workbench().runCommand('Logitscope: Show Surprisal in Editor')
    await workbench().putCursor(...BANANA)
    await workbench().page.keyboard.press('Control+k')
    await workbench().page.keyboard.press('Control+i')
    await workbench()
      .page.locator('.monaco-hover', { hasText: /ban\s+p/ })
      .first()
      .waitFor()

    await takePicture('hover', workbench().page.locator('.part.editor'))
  })

  it('shows a completion', async () => {
    await openSample('sample.ts', EDITOR_VIEWPORT)
    await workbench().page.keyboard.press('Control+End')
    await workbench().runCommand('Logitscope: Complete at Cursor')
    await workbench().page.locator('.ghost-text-decoration, .ghost-text').first().waitFor()

    await takePicture('complete', workbench().page.locator('.part.editor'))
  })

  it('shows a verdict on logits', async () => {
    const engine = startMini()
    const path = join(workbench().folder, 'logits.npz')
    await saveLogits(path, CHECKED_IDS, withBias(await logitsOf(engine, CHECKED_IDS)))
    await engine.dispose()
    await openSample('sample.ts', CHECK_VIEWPORT)
    await workbench().runCommand('View: Toggle Primary Side Bar Visibility')
    await workbench().page.getByRole('treeitem', { name: 'logits.npz' }).click({ button: 'right' })
    await chooseInMenu(workbench().page, 'Check My GPT-2…')
    await workbench().panel.locator('.verdict h2').waitFor()
    await workbench().runCommand('View: Toggle Primary Side Bar Visibility')

    await takePicture('check', workbench().page.locator('.editor-group-container').nth(1))
  })

  async function openSample(name: string, viewport: { width: number; height: number }): Promise<void> {
    await workbench().openNewFile(name, sample)
    await workbench().runCommand('View: Toggle Primary Side Bar Visibility')
    await workbench().page.setViewportSize(viewport)
    await workbench().focusEditor()
  }

  async function takePicture(step: string, part: Locator): Promise<void> {
    await part.screenshot({ path: join(MEDIA, 'walkthrough', `${step}-${theme}.png`) })
  }
})
