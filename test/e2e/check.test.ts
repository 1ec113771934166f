import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EngineHandle } from '../../src/engine/client/engineHandle'
import { fileIn, idsIn, logitsOf, saveLogits, startMini, withBias } from './support/savedLogits'
import { useWorkbench } from './support/useWorkbench'

describe('Check My GPT-2 in the workbench', () => {
  const workbench = useWorkbench()
  let engine: EngineHandle

  beforeAll(() => {
    engine = startMini()
  })

  afterAll(() => engine.dispose())

  const verdict = (text: string) => workbench().panel.locator('.verdict h2', { hasText: text })
  const activity = (text: string) => workbench().panel.locator('header .state', { hasText: text })
  const enter = async (title: string) => {
    const { page } = workbench()
    await page
      .locator('.quick-input-widget', { hasText: title })
      .locator('.monaco-list-row.focused')
      .waitFor()
    await page.keyboard.press('Enter')
  }

  /** Starts a check of a selected line in PyTorch. Returns the snippet in the clipboard. */
  async function startCheck(): Promise<string> {
    await workbench().openFile('readConfig.ts')
    await workbench().selectLines(2, 2)
    await workbench().findCommand('Logitscope: Check My GPT-2…')
    await workbench().page.keyboard.press('Enter')
    await enter('Check My GPT-2: Framework')
    await enter('Check My GPT-2: File')
    await activity('Waiting for the file').waitFor()
    return workbench().page.evaluate(() => navigator.clipboard.readText())
  }

  it('checks every write of the file that the snippet names, also after a reload of the window', async () => {
    const snippet = await startCheck()
    const ids = idsIn(snippet)
    const correct = await logitsOf(engine, ids)
    await workbench().screenshot('check-waiting')

    await saveLogits(fileIn(snippet), ids, correct)
    await verdict('Equal: these are the logits of mini').waitFor()
    await workbench().screenshot('check-equal')

    await saveLogits(fileIn(snippet), ids, withBias(correct))
    await verdict('The mistake: LM head with a bias').waitFor()
    await workbench().screenshot('check-defect')

    await expect.poll(() => workbench().panel.locator('.history li').count()).toBe(2)

    await workbench().reload()
    await verdict('The mistake: LM head with a bias').waitFor()

    await saveLogits(fileIn(snippet), ids, correct)
    await verdict('Equal: these are the logits of mini').waitFor()
    expect(workbench().consoleErrors).toEqual([])
  })
})
