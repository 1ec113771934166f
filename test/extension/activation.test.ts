import * as assert from 'node:assert/strict'
import * as vscode from 'vscode'
import { extension, manifest } from './support/extensionUnderTest'

/** Workers that this process has started since the suite was loaded, which is before activation. */
let startedWorkers = 0
process.on('worker', () => startedWorkers++)
const wasActive = extension.isActive

describe('activation', () => {
  it('starts no worker', async () => {
    assert.equal(wasActive, false, 'the extension was active before anybody could count')

    await extension.activate()

    assert.equal(startedWorkers, 0)
  })

  it('registers every command that the manifest contributes', async () => {
    await extension.activate()

    const registered = new Set(await vscode.commands.getCommands(true))
    const missing = manifest.contributes.commands.filter(({ command }) => !registered.has(command))
    assert.deepEqual(missing, [])
  })
})
