import * as assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as vscode from 'vscode'
import { answerWithStatus, FakeHub } from '../support/fakes/fakeHub'
import { copyEmbeddedModel, currentModel, inspect, useModel } from './support/currentModel'
import { startModelSetup, useEndpoint } from './support/modelSetup'
import { FakeUser } from './support/fakeUser'
import { until } from './support/until'

describe('A download', () => {
  let user: FakeUser
  beforeEach(() => {
    user = new FakeUser()
  })
  afterEach(async () => {
    user.restore()
    await useModel(undefined)
    await useEndpoint(undefined)
  })

  describe('that fails', () => {
    let hub: FakeHub
    beforeEach(async () => {
      hub = await FakeHub.start()
      hub.config = answerWithStatus(404)
      await useEndpoint(hub.endpoint.href)
    })
    afterEach(async () => {
      await hub.close()
    })

    it('is retried every time the user presses Retry', async () => {
      user.answers({ buttons: ['Download', 'Retry', 'Retry'] })

      await vscode.commands.executeCommand('logitscope.useGpt2')

      assert.deepEqual(hub.requests, ['config.json', 'config.json', 'config.json'])
      assert.match(user.messages.at(-1) ?? '', /^The hub has no config\.json at this address \(HTTP 404\)/)
      assert.equal(currentModel(), 'mini')
    })

    it('opens the setting with Change Endpoint', async () => {
      await vscode.commands.executeCommand('workbench.action.closeAllEditors')
      user.answers({ buttons: ['Download', 'Change Endpoint'] })

      await vscode.commands.executeCommand('logitscope.useGpt2')

      const activeTab = () => vscode.window.tabGroups.activeTabGroup.activeTab?.label
      await until(
        () => activeTab() === 'Settings',
        () => `the active tab is ${activeTab()}`,
      )
      assert.equal(currentModel(), 'mini')
      await vscode.commands.executeCommand('workbench.action.closeAllEditors')
    })

    it('can be replaced by a folder with Choose a Folder…', async () => {
      const parent = await mkdtemp(join(tmpdir(), 'logitscope-download-'))
      const folder = join(parent, 'my-checkpoint')
      await copyEmbeddedModel(folder)
      hub.config = answerWithStatus(429, { 'retry-after': '3600' })
      user.answers({ buttons: ['Download', 'Choose a Folder…'], paths: [folder] })
      try {
        await vscode.commands.executeCommand('logitscope.useGpt2')

        assert.match(user.messages.at(-1) ?? '', /^The hub is busy \(HTTP 429\); nothing was downloaded/)
        assert.deepEqual([currentModel(), (await inspect()).model], [folder, 'my-checkpoint'])
      } finally {
        await rm(parent, { recursive: true })
      }
    })
  })

  describe('from a hub that asks for a token', () => {
    it('sends the token once it is set, and to no other hub', async () => {
      const hub = await FakeHub.start()
      const other = await FakeHub.start()
      try {
        hub.config = answerWithStatus(401)
        other.config = answerWithStatus(401)
        await useEndpoint(hub.endpoint.href)
        user.answers({ words: [' hf_secret '], buttons: ['Download'] })
        await vscode.commands.executeCommand('logitscope.setHubToken')
        await vscode.commands.executeCommand('logitscope.useGpt2')
        await useEndpoint(other.endpoint.href)
        user.answers({ words: [''], buttons: ['Download'] })
        await vscode.commands.executeCommand('logitscope.useGpt2')

        assert.deepEqual(hub.authorizations, ['Bearer hf_secret'])
        assert.deepEqual(other.authorizations, [undefined])
        assert.match(user.messages.at(-1) ?? '', /set one with Logitscope: Set Hub Token/)
      } finally {
        await useEndpoint(hub.endpoint.href)
        await vscode.commands.executeCommand('logitscope.setHubToken')
        await hub.close()
        await other.close()
      }
    })
  })

  describe('that succeeds after a retry', () => {
    it('makes its model the current one', async () => {
      const { hub, choice, store, dispose } = await startModelSetup()
      try {
        hub.answers = [answerWithStatus(403)]
        user.answers({ buttons: ['Download', 'Retry'] })

        await choice.useGpt2()

        assert.deepEqual(
          (await store.list()).map(({ state }) => state.kind),
          ['installed'],
        )
        assert.equal(currentModel(), 'gpt2')
      } finally {
        await dispose()
      }
    })
  })

  describe('with a proxy in VS Code’s settings', () => {
    const http = vscode.workspace.getConfiguration('http')
    const { withProgress } = vscode.window
    afterEach(async () => {
      Object.assign(vscode.window, { withProgress })
      await http.update('proxy', undefined, vscode.ConfigurationTarget.Global)
    })

    it('uses the proxy', async () => {
      const asked: string[] = []
      const cancellation = new vscode.CancellationTokenSource()
      const proxy = createServer().on('connect', (request, socket) => {
        asked.push(request.url ?? '')
        // A complete tunnel would need a trusted certificate; the request for it shows enough.
        cancellation.cancel()
        socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
      })
      await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
      const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
      await http.update('proxy', address, vscode.ConfigurationTarget.Global)
      // VS Code does not use the proxy for loopback addresses.
      await useEndpoint('https://hub.example')
      user.answers({ buttons: ['Download'] })
      Object.assign(vscode.window, {
        withProgress: (
          _: unknown,
          task: (progress: unknown, token: vscode.CancellationToken) => Thenable<unknown>,
        ) => task({ report: () => undefined }, cancellation.token),
      })
      try {
        await vscode.commands.executeCommand('logitscope.useGpt2')
      } finally {
        proxy.close()
      }
      assert.deepEqual(asked, ['hub.example:443'])
    })
  })
})
