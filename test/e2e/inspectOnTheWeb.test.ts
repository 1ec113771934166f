import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type OpenHub, startOpenHub } from './support/openHub'
import { shownPanel } from './support/shownPanel'
import { openWebWorkbench, type WebWorkbench } from './support/webWorkbench'
import { inspectsAWholeDocument } from './support/wholeDocument'

describe.each([
  { isolated: true, backend: 'WASM, 2 threads' },
  { isolated: false, backend: 'WASM, 1 thread' },
])('VS Code for the web, isolated: $isolated', ({ isolated, backend }) => {
  let workbench: WebWorkbench
  let hub: OpenHub
  const { inspectSample, pickedRow, dialog } = shownPanel(() => workbench)

  beforeAll(async () => {
    hub = await startOpenHub()
    const defaults = { 'logitscope.threads': 2, 'logitscope.hubEndpoint': hub.endpoint }
    workbench = await openWebWorkbench({ isolated, defaults })
  })

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail')
      await workbench.screenshot(`failed-web-${isolated}-${task.name.replaceAll(/\W+/g, '-')}`)
  })

  afterAll(async () => {
    await workbench.dispose()
    await hub.close()
  })

  inspectsAWholeDocument(() => workbench, backend)

  describe.runIf(!isolated)('beside the panel', () => {
    it('completes at the cursor', async () => {
      await workbench.reset()
      await workbench.openFile('readConfig.ts')
      await workbench.putCursor(8, 2)

      await workbench.runCommand('Logitscope: Complete at Cursor')

      await workbench.page.locator('.ghost-text').first().waitFor()
      await workbench.page.keyboard.press('Escape')
    })

    it('colours the editor by surprisal', async () => {
      await workbench.runCommand('Logitscope: Show Surprisal in Editor')

      await workbench.page.locator('.view-overlays [class*="ced-"]').first().waitFor()
      await workbench.runCommand('Logitscope: Hide Surprisal in Editor')
    })

    it('offers the models of the hub, and no folder of the user’s', async () => {
      await workbench.searchCommands('Logitscope: Select Model')
      await workbench.page.keyboard.press('Enter')

      const list = workbench.page.locator('.quick-input-widget .monaco-list')
      await list.getByText('548 MB to download').waitFor()
      await expect(list.getByText('Choose a Folder').count()).resolves.toBe(0)
      await workbench.page.keyboard.press('Escape')
    })

    it('keeps what has come of a download that was cancelled, for the next window', async () => {
      await workbench.runCommand('Logitscope: Use GPT-2')
      await dialog().getByText('To this browser’s storage').waitFor()
      await dialog().getByRole('button', { name: 'Download' }).click()
      const notification = workbench.page.locator('.notification-toast', { hasText: 'Downloading gpt2' })
      await notification.getByText('2 of 548 MB').waitFor()
      await workbench.screenshot('web-download')
      await notification.getByRole('button', { name: 'Cancel' }).click()
      await notification.waitFor({ state: 'detached' })

      await workbench.reload()

      await workbench.searchCommands('Logitscope: Select Model')
      await workbench.page.keyboard.press('Enter')
      await workbench.page.locator('.quick-input-widget').getByText('2 of 548 MB downloaded').waitFor()
      await workbench.page.keyboard.press('Escape')
    })

    it.each(['light', 'highContrast'] as const)('is itself in the theme %s', async (theme) => {
      await workbench.setTheme(theme)
      await inspectSample()
      await workbench.putCursor(6, 16)
      await pickedRow('Config, leading space. Token 63 of 85.').waitFor()

      await workbench.screenshot(`web-${theme}`)
    })
  })
})
