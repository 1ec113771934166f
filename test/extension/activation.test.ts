import * as assert from 'node:assert/strict'
import * as vscode from 'vscode'
import { extension, manifest } from './support/extensionUnderTest'

const wasActive = extension.isActive

/** Begins when this file is loaded: before any test, so that no test has started a worker yet. */
const workersOfActivation = countWorkersDuring(() => extension.activate())

describe('activation', () => {
  it('starts no worker', async () => {
    assert.equal(wasActive, false, 'the extension was active before workers were counted')

    assert.equal(await workersOfActivation, 0)
  })

  it('registers every command that the manifest contributes', async () => {
    await extension.activate()

    const registered = new Set(await vscode.commands.getCommands(true))
    const missing = manifest.contributes.commands.filter(({ command }) => !registered.has(command))
    assert.deepEqual(missing, [])
  })
})

/** How many workers this process starts until the action has ended. */
async function countWorkersDuring(action: () => Thenable<unknown>): Promise<number> {
  let started = 0
  const count = () => started++
  process.on('worker', count)
  await action()
  process.off('worker', count)
  return started
}
