import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { configOf, PINNED_MODELS } from '../../src/model/registry'
import { openWorkbench, type Workbench } from './support/workbench'

const [GPT2] = PINNED_MODELS

describe('models in the workbench', () => {
  let workbench: Workbench
  let hub: Server
  /** What the hub was asked for. */
  const requests: string[] = []

  beforeAll(async () => {
    hub = createServer((request, response) => {
      requests.push(request.url ?? '')
      response.end(request.url?.endsWith('config.json') ? JSON.stringify(configOf(GPT2)) : 'not the weights')
    })
    await new Promise<void>((resolve) => hub.listen(0, '127.0.0.1', resolve))
    const endpoint = `http://127.0.0.1:${(hub.address() as AddressInfo).port}`
    workbench = await openWorkbench({ machineSettings: { 'logitscope.hubEndpoint': endpoint } })
    // A palette that is opened before the extension is known stays without its commands.
    await workbench.page.locator('.statusbar').getByText('mini').waitFor()
  })

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail')
      await workbench.screenshot(`failed-${task.name.replaceAll(/\W+/g, '-')}`)
  })

  afterAll(async () => {
    await workbench.dispose()
    hub.close()
  })

  it('are listed with their sizes and what they need', async () => {
    const commands = await workbench.searchCommands('Logitscope: Select Model')
    await commands.getByText('Logitscope: Select Model', { exact: true }).waitFor()
    await workbench.page.keyboard.press('Enter')

    const entry = workbench.page.locator('.quick-input-widget .monaco-list-row', { hasText: 'gpt2-medium' })
    await expect(entry.innerText()).resolves.toMatch(
      /355 M parameters · 1\.5 GB to download · needs 1\.4 GB of memory/,
    )
    await workbench.screenshot('select-model')
    await workbench.page.keyboard.press('Escape')
  })

  it('are downloaded after a question only', async () => {
    await workbench.runCommand('Logitscope: Use GPT-2')
    const question = workbench.page.getByRole('dialog', { name: 'Download gpt2, 548 MB?' })
    await question.waitFor()
    await workbench.screenshot('download-question')
    await question.getByRole('button', { name: 'Cancel' }).click()
    await question.waitFor({ state: 'hidden' })

    expect(requests).toEqual([])
  })

  it('that the hub does not have are refused, with what can be done about it', async () => {
    await workbench.runCommand('Logitscope: Use GPT-2')
    await workbench.page.getByRole('button', { name: 'Download', exact: true }).click()

    const notification = workbench.page.locator('.notification-toast', { hasText: 'is not the pinned file' })
    await notification.getByRole('button', { name: 'Download Again' }).waitFor()
    await workbench.screenshot('download-refused')
    await expect(notification.innerText()).resolves.toContain(
      'The hub’s model.safetensors is not the pinned file: it has 15 bytes, not 548 MB.',
    )
    await workbench.page.locator('.statusbar').getByText('mini').waitFor()
  })
})
