import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Locator } from 'playwright-core'
import { describe, expect, it, vi } from 'vitest'
import { hostsOfWorker } from './support/hostsOfWorker'
import { panelOf } from './support/panel'
import { useWorkbench } from './support/useWorkbench'
import { APPEAR_LIMIT_MS } from './support/workbench'

const WORKSPACES = join(dirname(hostsOfWorker().codeServer.userSettingsFile), 'workspaceStorage')
const LINE = 'The language model head projects every hidden state to one score for each token.\n'

describe('the panel', () => {
  const workbench = useWorkbench()
  const { rowOf, inspectSample } = panelOf(workbench)
  const status = (text: RegExp): Locator => workbench().panel.locator('header .status', { hasText: text })

  it('asks about a long document before the model is loaded, under its name', async () => {
    await askAboutLongDocument()

    await workbench().page.getByRole('tab', { name: 'Logits: long.txt' }).waitFor()
    await workbench().statusItem.locator('[aria-label*="not started yet"]').waitFor()
  })

  it('keeps the scores when the window is reloaded during a run, and continues it', async () => {
    await workbench().reset()
    await askAboutLongDocument()
    const before = new Set(headersWithScores())
    await workbench().panel.getByRole('button', { name: 'Inspect All' }).click()
    await vi.waitUntil(() => headersWithScores().some((path) => !before.has(path)), {
      timeout: APPEAR_LIMIT_MS,
    })
    await workbench().reload()
    await status(/^interrupted at/).waitFor()
    const kept = await countIn(status(/^interrupted at/))

    await workbench().panel.getByRole('button', { name: 'Continue' }).click()

    await status(/^[\d,]+ of/).waitFor()
    expect(kept).toBeGreaterThan(0)
    await vi.waitUntil(async () => (await countIn(status(/^[\d,]+ of/))) > kept, { timeout: APPEAR_LIMIT_MS })
    await workbench().panel.getByRole('button', { name: 'Cancel' }).click()
  })

  it('asks to inspect what can be seen of a document of one long line', async () => {
    await workbench().reset()
    await workbench().openNewFile('line.txt', 'lorem ipsum '.repeat(80_000))
    await workbench().runCommand('Logitscope: Inspect Logits')

    await workbench().panel.getByRole('button', { name: 'Inspect Visible Part' }).click()

    await workbench()
      .panel.locator('header', { hasText: /\b1,\d{3} tokens/ })
      .waitFor()
  })

  it('picks a token with a click without changing the selection, so the same selection is inspected again', async () => {
    await inspectSample()
    await workbench().selectText('readConfig')
    const selected = await workbench().selectionStatus()

    await rowOf(20).click()
    await workbench().panelHasFocus()

    await workbench().focusEditor()
    await expect.poll(() => workbench().selectionStatus()).toBe(selected)
  })

  it('says in an output view why its text is not inspected', async () => {
    await workbench().reset()
    await workbench().runCommand('Output: Focus on Output View')
    await workbench().page.locator('.part.panel .monaco-editor.focused').waitFor()

    await workbench().page.keyboard.press('Control+k')
    await workbench().page.keyboard.press('l')

    await workbench().page.getByText('The text of an output view cannot be inspected.').first().waitFor()
  })

  async function askAboutLongDocument(): Promise<void> {
    await workbench().openNewFile('long.txt', LINE.repeat(4000))
    await workbench().runCommand('Logitscope: Inspect Logits')
    await workbench().panel.getByText('long.txt has about 64,000 tokens').waitFor()
  }
})

/** The headers of saved runs that name scores, of all windows of the shared server; only such scores are restored. */
function headersWithScores(): string[] {
  return readdirSync(WORKSPACES, { recursive: true, encoding: 'utf8' })
    .filter((path) => /^header\d\.json$/.test(basename(path)))
    .filter((path) => /"scored":[1-9]/.test(textOf(join(WORKSPACES, path))))
}

/** Empty if the file was deleted after it was listed. */
function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}

/** The first number of a status such as `1,024 of 64,000 tokens`. */
async function countIn(status: Locator): Promise<number> {
  return Number(/[\d,]+/.exec(await status.innerText())?.[0].replaceAll(',', ''))
}
