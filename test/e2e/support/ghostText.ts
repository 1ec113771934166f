import { expect } from 'vitest'
import type { Workbench } from './workbench'

/** The ghost text in the active editor of a window. */
export function ghostTextOf(workbench: () => Workbench) {
  /** The visible ghost text. Its spans have different colours. */
  async function ghostText(): Promise<string> {
    const parts = await workbench()
      .page.locator('.view-line [class*="ghost-text-decoration"]')
      .allInnerTexts()
    return parts.join('').replaceAll('\u00a0', ' ')
  }

  /** Asks for a completion at the cursor. Returns its text. */
  async function askForCompletion(): Promise<string> {
    await workbench().runCommand('Logitscope: Complete at Cursor')
    let shown = ''
    const read = async () => (shown = await ghostText())
    await expect.poll(read).not.toBe('')
    return shown
  }

  return { ghostText, askForCompletion }
}
