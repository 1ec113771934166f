import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HEADER_FIGURES } from '../support/reference/sampleNumbers'
import { hostsOfWorker } from './support/hostsOfWorker'
import { openModelList, selectGpt2 } from './support/modelList'
import { type OpenHub, startOpenHub } from './support/openHub'
import { panelOf } from './support/panel'
import { useWebWorkbench } from './support/webWorkbench'
import { inspectsAWholeDocument } from './support/wholeDocument'

describe('VS Code for the web in an isolated window', () => {
  const workbench = useWebWorkbench({ isolated: true, defaults: { 'logitscope.threads': 2 } })

  inspectsAWholeDocument(workbench, 'WASM, 2 threads')
})

describe('VS Code for the web in a window that is not isolated', () => {
  const workbench = useWebWorkbench({
    isolated: false,
    defaults: {
      'logitscope.threads': 2,
      'logitscope.hubEndpoint': `http://127.0.0.1:${hostsOfWorker().hubPort}`,
    },
  })
  const { inspectSample, headerText, dialog } = panelOf(workbench)
  let hub: OpenHub

  beforeAll(async () => {
    hub = await startOpenHub(hostsOfWorker().hubPort)
  })

  afterAll(async () => {
    await hub.close()
  })

  it('inspects a document on one thread', async () => {
    await inspectSample()

    await workbench().panel.locator('.popover', { hasText: 'WASM, 1 thread' }).waitFor({ state: 'attached' })
    await expect.poll(headerText).toContain(HEADER_FIGURES)
    expect(workbench().consoleErrors).toEqual([])
  })

  it('completes at the cursor', async () => {
    await workbench().reset()
    await workbench().openFile('readConfig.ts')
    await workbench().putCursor(8, 2)

    await workbench().runCommand('Logitscope: Complete at Cursor')

    await workbench().page.locator('.ghost-text').first().waitFor()
    await workbench().page.keyboard.press('Escape')
  })

  it('colours the editor by surprisal', async () => {
    await workbench().reset()
    await workbench().openFile('readConfig.ts')

    await workbench().showSurprisal()

    await workbench().page.locator('.view-overlays [class*="ced-"]').first().waitFor()
    await workbench().hideSurprisal()
  })

  it('offers the models of the hub, and no folder of the user’s', async () => {
    const list = await openModelList(workbench())

    await list.getByText('353 MB to download').waitFor()
    await expect(list.getByText('Choose a Folder').count()).resolves.toBe(0)
    await workbench().page.keyboard.press('Escape')
  })

  it('keeps the downloaded part of a cancelled download for the next window', async () => {
    await selectGpt2(workbench())
    await dialog().getByText('To this browser’s storage').waitFor()
    await dialog().getByRole('button', { name: 'Download' }).click()
    const notification = workbench().page.locator('.notification-toast', { hasText: 'Downloading gpt2' })
    await notification.getByText('2 of 548 MB').waitFor()
    await workbench().screenshot('web-download')
    await notification.getByRole('button', { name: 'Cancel' }).click()
    await notification.waitFor({ state: 'detached' })

    await workbench().reload()

    const list = await openModelList(workbench())
    await list.getByText('2 of 548 MB downloaded').waitFor()
    await workbench().page.keyboard.press('Escape')
  })
})
