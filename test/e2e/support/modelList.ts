import type { Locator } from 'playwright-core'
import type { Workbench } from './workbench'

/** Opens the list of Select Model. */
export async function openModelList(workbench: Workbench): Promise<Locator> {
  await workbench.findCommand('Logitscope: Select Model')
  await workbench.page.keyboard.press('Enter')
  return workbench.page.locator('.quick-input-widget .monaco-list')
}

/** Chooses gpt2 in the list of Select Model. */
export async function selectGpt2(workbench: Workbench): Promise<void> {
  const list = await openModelList(workbench)
  await list.getByRole('option', { name: /^gpt2,/ }).click()
}
