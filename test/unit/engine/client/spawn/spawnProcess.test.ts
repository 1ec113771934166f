// The built process of the engine, on the native runtime.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createEngine, type EngineHandle } from '../../../../../src/engine/client/engineHandle'
import { type EngineProcess, spawnProcess } from '../../../../../src/engine/client/spawn/spawnProcess'
import type { EngineOptions } from '../../../../../src/engine/contract/engineOptions'
import { NO_TARGET } from '../../../../../src/shared/contracts/engine/engineApi'
import { NEUTRAL_SAMPLING } from '../../../../../src/shared/contracts/engine/samplingSettings'
import {
  CancelledError,
  EngineStoppedError,
  InvalidRequestError,
  NativeUnavailableError,
} from '../../../../../src/shared/errors'
import { temporaryFolder } from '../../../../support/checkpoints/checkpointTiny'
import { MINI, scoreEverything } from '../../../../support/engine/engineUnderTest'
import { DIST, NATIVE_LIBRARY } from '../../../../support/engine/loadModel'
import { scoreWindow } from '../../../../support/engine/scoreWindow'

const OPTIONS: EngineOptions = {
  model: MINI,
  backend: 'native',
  threads: 1,
  precision: 'fp32',
  assetsFolder: DIST,
  nativeLibrary: NATIVE_LIBRARY,
}
const SENTENCE = Int32Array.of(464, 3303, 2746, 1182)
/** A whole window of the embedded model. */
const WINDOW = scoreWindow(0)

beforeAll(() => {
  if (!existsSync(`${DIST}engineProcess.js`))
    throw new Error('dist/engineProcess.js is missing: npm run build')
})

describe('An engine in a process', () => {
  it('answers every method', async () => {
    const { engine } = started()
    expect((await engine.api.tokenize({ text: 'The language model head' })).tokenIds).toEqual(SENTENCE)
    expect((await engine.api.vocabulary(undefined)).offsets.length).toBe(50258)
    expect(await engine.api.model(undefined)).toMatchObject({ id: 'mini', threads: 1, backend: 'native' })
    expect(await engine.api.score(scoreEverything(SENTENCE))).toHaveProperty('computedPositions')
    expect((await engine.api.logits({ tokenIds: SENTENCE })).length).toBe(50257)
    const generation = await engine.api.generate({
      tokenIds: SENTENCE,
      typed: new Uint8Array(0),
      typedTokenIds: new Int32Array(0),
      candidates: 1,
      maxTokens: 2,
      maxLines: 1,
      minProbability: 0,
      sampling: { ...NEUTRAL_SAMPLING, temperature: 0 },
      seed: 1,
    })
    expect(generation.candidates.length).toBe(1)
  })

  it('reports progress before the result', async () => {
    const { engine } = started()
    const rows: number[] = []
    await engine.api.score(scoreEverything(new Int32Array(150).fill(11)), {
      onProgress: (progress) => {
        if (progress.kind === 'rows') rows.push(progress.rows.firstRow)
      },
    })
    expect(rows).toEqual([0, 64, 128])
  })

  it('rejects with named errors and keeps running', async () => {
    const { engine, processes } = started()
    const invalid = engine.api.logits({ tokenIds: new Int32Array(0) })
    await expect(invalid).rejects.toThrow(InvalidRequestError)
    expect((await engine.api.logits({ tokenIds: SENTENCE })).length).toBe(50257)
    expect(processes.length).toBe(1)
  })

  it('receives a cancel while it works', async () => {
    const { engine } = started()
    const cancel = new AbortController()
    const call = engine.api.score(WINDOW, {
      signal: cancel.signal,
      onProgress: () => {
        cancel.abort()
      },
    })
    await expect(call).rejects.toThrow(CancelledError)
    const lastRow = { firstRow: 511, targets: Int32Array.of(NO_TARGET) }
    const { computedPositions } = await engine.api.score({ ...WINDOW, ...lastRow })
    expect(computedPositions).toBeGreaterThan(0)
  })
})

describe('The end of the process', () => {
  // Windows has no signals.
  it.runIf(process.platform !== 'win32').each(['SIGKILL', 'SIGSEGV'] as const)(
    'by %s in mid-request rejects the request with the reason',
    async (signal) => {
      const { engine, processes } = started()
      const call = engine.api.score(WINDOW, {
        onProgress: ({ kind }) => {
          if (kind === 'rows') process.kill(pidOf(processes), signal)
        },
      })
      await expect(call).rejects.toThrow(EngineStoppedError)
      await expect(call).rejects.toMatchObject({
        cause: { message: `its process was ended by ${signal}` },
      })
    },
  )

  it('is followed by a new process with the next call', async () => {
    const { engine, processes } = started()
    const call = engine.api.score(WINDOW, {
      onProgress: () => {
        process.kill(pidOf(processes), 'SIGKILL')
      },
    })
    await expect(call).rejects.toThrow(EngineStoppedError)
    expect((await engine.api.logits({ tokenIds: SENTENCE })).length).toBe(50257)
    expect(processes.length).toBe(2)
  })

  it('has its last error output in the reason', async () => {
    const folder = await temporaryFolder({
      'engineProcess.js': 'console.error("no memory left"); process.exit(7)',
    })
    const reason = await new Promise<Error>((resolve) => {
      spawnProcess({ ...OPTIONS, assetsFolder: folder }).onStop(resolve)
    })
    expect(reason.message).toBe('its process ended with code 7\nno memory left')
  })

  it('has come when terminate resolves', async () => {
    const child = spawnProcess(OPTIONS)
    await child.terminate()
    expect(isRunning(child.pid)).toBe(false)
  })
})

describe('The process of a parent that is killed', () => {
  it.each(['SIGKILL', 'SIGTERM'] as const)('by %s ends, also while it computes', async (signal) => {
    const scripts = await mkdtemp(join(tmpdir(), 'logitscope-parent-'))
    onTestFinished(() => rm(scripts, { recursive: true }))
    const outfile = join(scripts, 'parentProcess.mjs')
    const entry = fileURLToPath(new URL('../../../../support/engine/parentProcess.ts', import.meta.url))
    await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm' })
    const parent = spawn(process.execPath, [outfile, JSON.stringify(OPTIONS)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [pid] = (await once(parent.stdout.setEncoding('utf8'), 'data')) as [string]
    expect(isRunning(Number.parseInt(pid))).toBe(true)

    parent.kill(signal)

    await vi.waitFor(
      () => {
        expect(isRunning(Number.parseInt(pid))).toBe(false)
      },
      { timeout: 30_000 },
    )
  })
})

describe('A native library', () => {
  it.each([
    ['is missing', {}, /onnxruntime\.cjs is missing\. Install Logitscope Native again\.$/],
    [
      'is damaged',
      { 'onnxruntime.cjs': 'module.exports = {' },
      /cannot be loaded on this machine \(.+\)\. Install/,
    ],
    [
      'is for another machine',
      { 'onnxruntime.cjs': 'require("./binding.node")', 'binding.node': 'machine code of another machine' },
      /cannot be loaded on this machine \(.*binding\.node.*\)\. Install the version/,
    ],
    ['is something else', { 'onnxruntime.cjs': 'module.exports = 1' }, /is not the native runtime/],
    [
      'has another version',
      { 'onnxruntime.cjs': 'exports.version = "1.2.3"; exports.InferenceSession = class {}' },
      /^Logitscope Native has ONNX Runtime 1\.2\.3, but Logitscope uses 1\.\d+\.\d+\. Update both extensions\.$/,
    ],
  ])('that %s is a named error, and the process keeps running', async (_what, files, message) => {
    const folder = await temporaryFolder(files)
    const { engine, processes } = started({ nativeLibrary: join(folder, 'onnxruntime.cjs') })
    const loading = engine.api.model(undefined)
    await expect(loading).rejects.toThrow(NativeUnavailableError)
    await expect(loading).rejects.toThrow(message)
    expect((await engine.api.tokenize({ text: 'a' })).tokenIds).toEqual(Int32Array.of(64))
    expect(processes.length).toBe(1)
  })
})

/** An engine that ends with the test; `processes` are those that it has started. */
function started(changes: Partial<EngineOptions> = {}): {
  readonly engine: EngineHandle
  readonly processes: EngineProcess[]
} {
  const processes: EngineProcess[] = []
  const engine = createEngine(() => {
    const child = spawnProcess({ ...OPTIONS, ...changes })
    processes.push(child)
    return child
  })
  onTestFinished(() => engine.dispose())
  return { engine, processes }
}

function pidOf(processes: readonly EngineProcess[]): number {
  const pid = processes.at(-1)?.pid
  if (pid === undefined) throw new Error('no process has been started')
  return pid
}

function isRunning(pid: number | undefined): boolean {
  if (pid === undefined) return false
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
