import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { REPO } from '../../scripts/paths.mjs'
import { elementAt } from '../../src/shared/elementAt'
import { useWorkbench } from './support/useWorkbench'
import { SLOW_HOVER } from './support/workbench'

interface Walkthrough {
  readonly title: string
  readonly steps: readonly { readonly title: string; readonly description: string }[]
}

const WALKTHROUGH = readWalkthrough()

describe('the walkthrough', () => {
  const workbench = useWorkbench({ settings: SLOW_HOVER })

  it('inspects the sample, focuses the panel, shows a hover and completes with the buttons of its steps', async () => {
    await openWalkthrough()

    await pressButtonOfStep(0)
    await workbench().panel.locator('[role=row][aria-label^="ban. Token 47 of 108."]').waitFor()

    await pressButtonOfStep(1)
    await workbench().panel.locator('[role=grid]:focus').waitFor()

    await pressButtonOfStep(2)
    await workbench().page.locator('.monaco-hover', { hasText: 'rank' }).first().waitFor()

    await pressButtonOfStep(3)
    await workbench().page.locator('.ghost-text-decoration, .ghost-text').first().waitFor()
  })

  async function openWalkthrough(): Promise<void> {
    const { page } = workbench()
    // Wide enough that the editor does not scroll sideways to the surprising token, which would close the hover.
    await page.setViewportSize({ width: 1600, height: 900 })
    // With animations VS Code focuses a step only after its animation, when the focus may be elsewhere already.
    await page.emulateMedia({ reducedMotion: 'reduce' })
    await workbench().findCommand('Welcome: Open Walkthrough...')
    await page.keyboard.press('Enter')
    await page.getByPlaceholder('Select a walkthrough to open').fill(WALKTHROUGH.title)
    await page.locator('.quick-input-widget .monaco-list-row.focused', { hasText: 'Logitscope' }).waitFor()
    await page.keyboard.press('Enter')
  }

  async function pressButtonOfStep(index: number): Promise<void> {
    const { page } = workbench()
    const { title, description } = elementAt(WALKTHROUGH.steps, index)
    const [, label] = /^\[(.+)\]\(command:/m.exec(description) ?? []
    if (label === undefined) throw new Error(`The step “${title}” has no button.`)
    // The first step is expanded when the walkthrough opens.
    if (index > 0) await page.getByRole('button', { name: title }).first().click()
    await page.getByRole('button', { name: label, exact: true }).click()
  }
})

function readWalkthrough(): Walkthrough {
  const { contributes } = JSON.parse(readFileSync(join(REPO, 'package.json'), 'utf8')) as {
    contributes: { walkthroughs: Walkthrough[] }
  }
  return elementAt(contributes.walkthroughs, 0)
}
