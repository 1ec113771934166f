import type { Page } from 'playwright-core'

/** Chooses an item of the open context menu with the keyboard: VS Code ignores clicks in a menu that has just opened. */
export async function chooseInMenu(page: Page, name: string): Promise<void> {
  await page.getByRole('menuitem', { name }).hover()
  await page.locator('.action-item.focused', { hasText: name }).waitFor()
  await page.keyboard.press('Enter')
}
