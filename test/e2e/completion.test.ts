import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { COMPLETIONS } from '../support/reference/miniExpectations'
import { ghostTextOf } from './support/ghostText'
import { useWorkbench } from './support/useWorkbench'

const { text: CODE, completion: COMPLETION } = COMPLETIONS.statement

const workbench = useWorkbench({
  settings: {
    'logitscope.completion.minProbability': 0,
    // The list of suggestions hides ghost text while it is open, and it may open at any time.
    'editor.quickSuggestions': false,
  },
})
const { ghostText, askForCompletion } = ghostTextOf(workbench)

describe('ghost text', () => {
  beforeEach(async () => {
    await workbench().reset()
    await workbench().openNewFile('complete.ts', CODE)
    await workbench().page.keyboard.press('Control+End')
    await workbench()
      .page.getByText(`Ln ${CODE.split('\n').length}, Col 8`, { exact: true })
      .waitFor()
  })

  // VS Code asks before it closes an editor with unsaved changes.
  afterEach(() => saveFile())

  it('appears at the cursor and is accepted with Tab', async () => {
    const ghost = await askForCompletion()
    await workbench().screenshot('completion-ghost')

    await workbench().page.keyboard.press('Tab')

    await expect.poll(ghostText).toBe('')
    await saveFile()
    expect(ghost.slice(0, COMPLETION.length)).toBe(COMPLETION)
    await expect.poll(fileText).toBe(CODE + ghost)
  })

  it('shows the next candidate with Alt+]', async () => {
    const first = await askForCompletion()

    await workbench().page.keyboard.press('Alt+]')

    const isAnother = (text: string) => text !== '' && text !== first
    await expect.poll(ghostText).toSatisfy(isAnother)
  })

  it('stays while the user types the suggested text', async () => {
    const before = await askForCompletion()

    await workbench().page.keyboard.type('ow')

    await expect.poll(ghostText).toBe(before.slice(2))
  })

  it('appears while typing if completion is automatic', async () => {
    await toggleAutomatic('on')

    await workbench().page.keyboard.type('o')

    await expect.poll(ghostText).toMatch(/^w/)
    await toggleAutomatic('off')
  })

  it('is explained step by step in the panel', async () => {
    await askForCompletion()
    await workbench().page.keyboard.press('Tab')

    await workbench().runCommand('Logitscope: Show Last Completion')

    await workbench().panel.getByText('Completion · greedy').waitFor()
    await workbench().panel.locator('.row.section', { hasText: 'Candidate 3' }).waitFor()
    await workbench().panel.getByRole('tab', { name: 'Prediction' }).click()
    await workbench().panel.locator('.candidates', { hasText: 'cut' }).waitFor()
    await workbench().screenshot('completion-steps')
    expect(await workbench().panel.locator('.notice').count()).toBe(0)
    expect(workbench().consoleErrors).toEqual([])
    await workbench().focusEditor()
  })
})

async function toggleAutomatic(expected: 'on' | 'off'): Promise<void> {
  await workbench().findCommand('Logitscope: Toggle Automatic Completion')
  await workbench().page.keyboard.press('Enter')
  await workbench()
    .page.locator('.quick-input-widget')
    .getByRole('option', { name: /^All Languages/ })
    .click()
  await workbench().page.getByText(`automatic completion ${expected}`).first().waitFor()
  await workbench().editorHasFocus()
}

async function saveFile(): Promise<void> {
  await workbench().page.keyboard.press('Control+s')
  await workbench().page.locator('.editor-group-container .tab.dirty').waitFor({ state: 'detached' })
}

function fileText(): Promise<string> {
  return readFile(join(workbench().folder, 'complete.ts'), 'utf8')
}
