// The built process of the engine, which has the prepacked form of its model made by another process.

import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import { writeSeededGpt2 } from '../../../../bench/fullSize/seededGpt2'
import { createEngine } from '../../../../src/engine/client/engineHandle'
import { spawnProcess } from '../../../../src/engine/client/spawn/spawnProcess'
import type { EngineOptions } from '../../../../src/engine/contract/engineOptions'
import { temporaryFolder } from '../../../support/checkpoints/checkpointTiny'
import { DIST, NATIVE_LIBRARY } from '../../../support/engine/loadModel'

const SEEDED = { model_type: 'gpt2', n_layer: 2, n_head: 2, n_embd: 32, n_positions: 64, vocab_size: 50257 }
const WAIT = { timeout: 50_000, interval: 100 }

beforeAll(() => {
  if (!existsSync(`${DIST}engineProcess.js`))
    throw new Error('dist/engineProcess.js is missing: npm run build')
})

it('An idle engine starts a process that makes the form of a model that was used before', async () => {
  const options = await usedBefore()
  const isMade = async () => {
    const names = await readdir(options.prepackedFolder)
    expect(names.some((name) => /^seeded-\w+-fp32-\w+$/.test(name))).toBe(true)
  }
  await use(options, () => vi.waitFor(isMade, WAIT))
})

it.runIf(process.platform === 'linux')('A process that makes a form ends with its engine', async () => {
  const options = await usedBefore()
  let maker = 0
  await use(options, async (pid) => {
    maker = await vi.waitFor(() => childOf(pid), WAIT)
  })
  await vi.waitFor(() => {
    expect(isRunning(maker)).toBe(false)
  }, WAIT)
})

type Options = EngineOptions & Required<Pick<EngineOptions, 'prepackedFolder'>>

/** Options of a stored model that an engine has loaded once. */
async function usedBefore(): Promise<Options> {
  const folder = await temporaryFolder({})
  await writeSeededGpt2(folder, { config: SEEDED, type: 'F32' })
  const options: Options = {
    model: { id: 'seeded', folder, description: '', storage: 'logitscope', digest: 'abc' },
    backend: 'native',
    threads: 1,
    precision: 'fp32',
    assetsFolder: DIST,
    nativeLibrary: NATIVE_LIBRARY,
    prepackedFolder: await temporaryFolder({}),
  }
  await use(options, () => Promise.resolve())
  return options
}

/** Loads the model in a process, which ends afterwards. */
async function use(options: EngineOptions, act: (pid: number) => Promise<void>): Promise<void> {
  const child = spawnProcess(options)
  const engine = createEngine(() => child)
  onTestFinished(() => engine.dispose())
  await engine.api.model(undefined)
  await act(child.pid ?? 0)
  await engine.dispose()
}

async function childOf(pid: number): Promise<number> {
  const child = Number.parseInt(await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8'))
  expect(child).toBeGreaterThan(0)
  return child
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
