import { createServer, type Server } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { configOf, PINNED_MODELS } from '../../src/model/registry'
import { elementAt } from '../../src/shared/elementAt'
import { hostsOfWorker } from './support/hostsOfWorker'
import { openModelList, selectGpt2 } from './support/modelList'
import { useWorkbench } from './support/useWorkbench'

const GPT2 = elementAt(PINNED_MODELS, 0)

describe('models in the workbench', () => {
  const workbench = useWorkbench()
  let hub: Server
  /** The paths that the hub was asked for. */
  let requests: string[]

  beforeAll(async () => {
    hub = createServer((request, response) => {
      requests.push(request.url ?? '')
      response.end(request.url?.endsWith('config.json') ? JSON.stringify(configOf(GPT2)) : 'not the weights')
    })
    await new Promise<void>((resolve) => hub.listen(hostsOfWorker().hubPort, '127.0.0.1', resolve))
  })

  beforeEach(() => {
    requests = []
  })

  afterAll(() => {
    hub.close()
  })

  it('are listed with their sizes and the memory that they need', async () => {
    const list = await openModelList(workbench())

    const entry = list.locator('.monaco-list-row', { hasText: 'gpt2-medium' })
    await entry
      .filter({ hasText: /355 M parameters · 1\.5 GB to download · needs 1\.4 GB of memory/ })
      .waitFor()
    await workbench().screenshot('select-model')
    await workbench().page.keyboard.press('Escape')
  })

  it('are downloaded only after a question', async () => {
    await selectGpt2(workbench())
    const question = workbench().page.getByRole('dialog', { name: 'Download gpt2, 548 MB?' })
    await question.waitFor()
    await workbench().screenshot('download-question')
    await question.getByRole('button', { name: 'Cancel' }).click()
    await question.waitFor({ state: 'hidden' })

    expect(requests).toEqual([])
  })

  it('are rejected if the hub has other files, with an offer to download again', async () => {
    await selectGpt2(workbench())
    await workbench().page.getByRole('button', { name: 'Download', exact: true }).click()

    const notification = workbench().page.locator('.notification-toast', {
      hasText: 'is not the pinned file',
    })
    await notification.getByRole('button', { name: 'Download Again' }).waitFor()
    await workbench().screenshot('download-refused')
    await notification
      .getByText(
        'The hub’s model.safetensors is not the pinned file: it has 15 bytes instead of 548,105,171.',
      )
      .waitFor()
    await workbench().page.locator('.statusbar').getByText('mini').waitFor()
  })
})
