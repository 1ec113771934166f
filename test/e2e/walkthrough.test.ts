import type { Locator } from 'playwright-core'
import { describe, it } from 'vitest'
import { useWorkbench } from './support/workbench'

describe('the walkthrough', () => {
  const workbench = useWorkbench()

  it('inspects the sample, focuses the panel, shows a hover and completes with the buttons of its steps', async () => {
    await openWalkthrough()

    await button('Inspect the Sample').click()
    await workbench().panel.locator('[role=row][aria-label^="ban. Token 47 of 108."]').waitFor()

    await openStep(/^Read the panel/)
    await button('Go to the Panel').click()
    await workbench().panel.locator('[role=grid]:focus').waitFor()

    await openStep(/^Hover over a surprise/)
    await button('Show the Next Surprise').click()
    await workbench().page.locator('.monaco-hover', { hasText: 'rank' }).first().waitFor()

    await openStep(/^Let the model/)
    await button('Complete the Sample').click()
    await workbench().page.locator('.ghost-text-decoration, .ghost-text').first().waitFor()
  })

  async function openWalkthrough(): Promise<void> {
    const { page } = workbench()
    // With animations VS Code moves the focus to a step after its animation, away from where it is by then.
    await page.emulateMedia({ reducedMotion: 'reduce' })
    await workbench().findCommand('Welcome: Open Walkthrough...')
    await page.keyboard.press('Enter')
    await page.getByPlaceholder('Select a walkthrough to open').fill('Get Started with Logitscope')
    await page.locator('.quick-input-widget .monaco-list-row.focused', { hasText: 'Logitscope' }).waitFor()
    await page.keyboard.press('Enter')
    await button('Inspect the Sample').waitFor()
  }

  async function openStep(title: RegExp): Promise<void> {
    await workbench().page.getByRole('button', { name: title }).first().click()
  }

  const button = (name: string): Locator => workbench().page.getByRole('button', { name, exact: true })
})
