// The extension runs in its Node host, the companion in the window's host, on a software graphics adapter.

import * as assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as vscode from 'vscode'
import type { LogitscopeApi } from '../../src/app/api'
import { MAX_DELTA } from '../../src/shared/contracts/engine/backends'
import { START_TOKEN_ID } from '../../src/shared/contracts/engine/prediction'
import { elementAt } from '../../src/shared/elementAt'
import { extension } from '../extension/support/extensionUnderTest'

/** Long, because the software adapter compiles every shader on the CPU. */
const COMPILING_LIMIT_MS = 240_000
/** The heartbeat asks every two seconds and stops after three missed answers. */
const SILENCE_LIMIT_MS = 60_000

interface StoredText {
  readonly name: string
  readonly text: string
  readonly ids: readonly number[]
  readonly positions: readonly { readonly targetLogProb?: number; readonly logSumExp: number }[]
}

describe('WebGPU in the companion', () => {
  let api: LogitscopeApi

  before(async function () {
    this.timeout(COMPILING_LIMIT_MS)
    api = (await extension.activate()) as LogitscopeApi
    await useBackend('webgpu')
    const { backend } = await api.inspect({ text: 'WASM answers until WebGPU is ready.' })
    assert.equal(backend, 'wasm')
    await vscode.commands.executeCommand('logitscope.retryBackend')
  })

  after(async () => {
    await useBackend(undefined)
  })

  it('computes the numbers of the reference', async function () {
    this.timeout(COMPILING_LIMIT_MS)
    const { text, positions } = referenceText()
    const report = await api.inspect({ text }, { startToken: true })

    assert.equal(report.backend, 'webgpu')
    assert.equal(report.positions.length, positions.length - 1)
    for (const [i, { logProb }] of report.positions.entries()) {
      const { targetLogProb = NaN } = elementAt(positions, i)
      assert.ok(Math.abs((logProb ?? NaN) - targetLogProb) <= MAX_DELTA, `position ${i}: ${logProb}`)
    }
  })

  // Must be the last test: the window's extension host stays frozen.
  it('is replaced by WASM through the setting, and in a request during which the companion’s host freezes', async function () {
    this.timeout(COMPILING_LIMIT_MS + SILENCE_LIMIT_MS)
    const text = readFileSync(join(extension.extensionPath, 'README.md'), 'utf8').slice(0, 3000)
    await useBackend('wasm')
    const expected = await api.inspect({ text })
    assert.equal(expected.backend, 'wasm')
    await useBackend('webgpu')
    await vscode.commands.executeCommand('logitscope.retryBackend')
    const inspecting = api.inspect({ text })
    await vscode.commands.executeCommand('logitscope.test.freezeHost')
    const report = await inspecting

    assert.equal(report.positions.length, expected.positions.length)
    for (const [i, { logProb }] of report.positions.entries()) {
      const delta = Math.abs((logProb ?? NaN) - (expected.positions[i]?.logProb ?? NaN))
      assert.ok(delta <= MAX_DELTA, `position ${i}: ${logProb}`)
    }
    assert.equal(report.backend, 'wasm')
    assert.deepEqual(report.remarks, ['started on WebGPU'])
    assert.equal((await api.inspect({ text: 'On the CPU.' })).backend, 'wasm')
  })
})

async function useBackend(backend: string | undefined): Promise<void> {
  await vscode.workspace
    .getConfiguration('logitscope')
    .update('backend', backend, vscode.ConfigurationTarget.Global)
}

function referenceText(): StoredText {
  const file = join(extension.extensionPath, 'test', 'fixtures', 'reference', 'mini.json')
  const texts = JSON.parse(readFileSync(file, 'utf8')) as StoredText[]
  const found = texts.find(({ ids }) => ids[0] === START_TOKEN_ID && ids.length > 64 && ids.length < 200)
  assert.ok(found !== undefined)
  return found
}
