import * as assert from 'node:assert/strict'
import * as vscode from 'vscode'
import { inspect, settings } from './support/currentModel'

describe('the precision', () => {
  afterEach(async () => {
    await usePrecision(undefined)
    await vscode.commands.executeCommand('workbench.action.closeAllEditors')
  })

  it('is fp32 by default', async () => {
    assert.equal((await inspect()).precision, 'fp32')
  })

  it('changes as soon as it is set, and gives the same numbers again when it is set back', async () => {
    const before = await inspect()

    await usePrecision({ mini: 'int8' })
    const rounded = await inspect()
    await usePrecision(undefined)
    const after = await inspect()

    assert.equal(rounded.precision, 'int8')
    assert.notDeepEqual(rounded.positions, before.positions)
    assert.deepEqual(after.positions, before.positions)
  })

  it('does not change with the setting of another model', async () => {
    await usePrecision({ gpt2: 'int8' })

    assert.equal((await inspect()).precision, 'fp32')
  })

  it('is switched to the other one and back', async () => {
    await vscode.commands.executeCommand('logitscope.switchPrecision')
    assert.equal((await inspect()).precision, 'int8')

    await vscode.commands.executeCommand('logitscope.switchPrecision')
    assert.equal((await inspect()).precision, 'fp32')
  })

  it('is the one that a key binding or a button of the panel names, also if it is in use', async () => {
    await vscode.commands.executeCommand('logitscope.switchPrecision', { precision: 'int8' })
    await vscode.commands.executeCommand('logitscope.useInt8')
    assert.equal((await inspect()).precision, 'int8')

    await vscode.commands.executeCommand('logitscope.useFp32')
    await vscode.commands.executeCommand('logitscope.switchPrecision', { precision: 'fp32' })
    assert.equal((await inspect()).precision, 'fp32')
  })

  it('is not switched to one that does not exist', async () => {
    await assert.rejects(
      async () => vscode.commands.executeCommand('logitscope.switchPrecision', { precision: 'fp64' }),
      /The argument precision must be "fp32" or "int8"\./,
    )
  })

  it('cannot be set by a workspace', async () => {
    await assert.rejects(async () => {
      await settings().update('precision', { mini: 'int8' }, vscode.ConfigurationTarget.Workspace)
    })
  })
})

async function usePrecision(value: Record<string, string> | undefined): Promise<void> {
  await settings().update('precision', value, vscode.ConfigurationTarget.Global)
}
