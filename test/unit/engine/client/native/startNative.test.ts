import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AcceleratorStart } from '../../../../../src/engine/client/accelerator'
import { callsOf } from '../../../../../src/engine/client/engineCalls'
import {
  nativeAccelerator,
  type NativeLibrary,
  type NativeOptions,
} from '../../../../../src/engine/client/native/startNative'
import type { LoadedModel } from '../../../../../src/engine/inference/model'
import type { BackendSelfTest } from '../../../../../src/shared/contracts/engine/backendSelfTest'
import type { BackendChoice } from '../../../../../src/shared/contracts/engine/backends'
import type { EngineApi, EngineMethods } from '../../../../../src/shared/contracts/engine/engineApi'
import { NativeUnavailableError } from '../../../../../src/shared/errors'
import type { Precision } from '../../../../../src/shared/contracts/engine/prediction'
import { RpcClient } from '../../../../../src/shared/rpc'
import {
  engineOrMissing,
  withConstantScores,
  withError,
  withScores,
} from '../../../../support/engine/changedScores'
import { freshEngine, loadMini, LOADING_LIMIT_MS } from '../../../../support/engine/engineUnderTest'
import { InThreadWorker } from '../../../../support/engine/inThreadWorker'

/** The embedded model with constant scores. */
let model: LoadedModel

beforeAll(async () => {
  model = withConstantScores(await loadMini())
}, LOADING_LIMIT_MS)

describe('nativeAccelerator', { timeout: LOADING_LIMIT_MS }, () => {
  let choice: BackendChoice
  let precision: Precision
  let selected: string
  let library: NativeLibrary
  let isSelfTestAwaited: boolean
  /** The native engine's model; undefined if its files are missing. */
  let onNative: LoadedModel | undefined
  let spawned: string[]
  let workers: InThreadWorker[]
  let stored: Map<string, BackendSelfTest>
  let lines: string[]
  let wasm: EngineApi
  let spawnNative: NativeOptions['spawnNative']

  const spawn = (text: string, worker: InThreadWorker) => {
    spawned.push(text)
    workers.push(worker)
    return worker
  }
  const find = () =>
    nativeAccelerator({
      choice: () => choice,
      selected: () => ({ model: selected, precision }),
      library: () => library,
      device: () => 'a CPU',
      isSelfTestAwaited,
      spawnNative,
      spawnWasm: (engine) =>
        spawn(`${engine.model} in ${engine.precision} on WASM`, engineOrMissing(model, model)),
      selfTests: {
        get: (tested) => stored.get(tested),
        set: (tested, selfTest) => stored.set(tested, selfTest),
      },
      log: (line) => lines.push(line),
    }).find()
  const start = async (): Promise<AcceleratorStart> => {
    const device = await find()
    return device.kind === 'found' ? device.start(wasm, new AbortController().signal) : device
  }

  beforeEach(() => {
    choice = 'auto'
    precision = 'fp32'
    selected = 'mini'
    library = { kind: 'found', path: '/native/onnxruntime.cjs' }
    isSelfTestAwaited = false
    onNative = { ...model, info: { ...model.info, backend: 'native' } }
    spawned = []
    workers = []
    stored = new Map()
    lines = []
    wasm = callsOf(new RpcClient<EngineMethods>(engineOrMissing(model, model).channel))
    spawnNative = (engine) =>
      spawn(
        `${engine.model} in ${engine.precision} from ${engine.nativeLibrary}`,
        engineOrMissing(onNative, model),
      )
  })

  it('compares the library to WASM and starts with the result', async () => {
    const started = await start()

    expect(started).toMatchObject({
      kind: 'started',
      engine: { model: { backend: 'native', selfTest: { device: 'a CPU', maxDelta: 0, meanDelta: 0 } } },
    })
    expect(lines[0]).toMatch(
      /^Self-test of native on a CPU: max \|Δ log-prob\| 0e\+0, \d+ ms where WASM takes \d+\.$/,
    )
  })

  it('compares on the embedded model in the selected precision', async () => {
    selected = 'gpt2'
    precision = 'int8'

    await start()

    expect(spawned).toEqual([
      'mini in int8 from /native/onnxruntime.cjs',
      'mini in int8 on WASM',
      'gpt2 in int8 from /native/onnxruntime.cjs',
    ])
    expect(workers.map(({ isTerminated }) => isTerminated)).toEqual([true, true, false])
  })

  it('compares once in each precision', async () => {
    await start()
    await start()
    precision = 'int8'
    await start()

    expect([...stored.keys()]).toEqual(['fp32', 'int8'])
    expect(spawned.length).toBe(5)
  })

  it('lets calls wait for the start only if the self-test has passed before', async () => {
    const before = await find()
    await start()
    const after = await find()

    expect(before).toMatchObject({ kind: 'found', isAwaited: false })
    expect(after).toMatchObject({ kind: 'found', isAwaited: true })
  })

  it('lets calls wait for the self-test too where no one watches', async () => {
    isSelfTestAwaited = true

    expect(await find()).toMatchObject({ kind: 'found', isAwaited: true })
  })

  it.each<[Precision, number, string]>([
    ['fp32', 0.002, 'by up to 2e-3, more than 1e-3'],
    ['int8', 0.04, 'by a mean of 4e-2, more than 3e-2'],
  ])('does not use a library whose numbers differ in %s by %d', async (checked, error, words) => {
    precision = checked
    onNative = withError('native', model, error)

    await expect(start()).resolves.toEqual({
      kind: 'unused',
      reason: `On a CPU, log-probabilities differ from those on WASM ${words}. Set logitscope.backend to wasm, or update Logitscope.`,
    })
    expect(stored.size).toBe(0)
  })

  it('accepts in int8 a difference that is an error in fp32', async () => {
    precision = 'int8'
    onNative = withError('native', model, 0.02)

    expect(await start()).toMatchObject({ kind: 'started' })
  })

  it.each<Precision>(['fp32', 'int8'])(
    'does not use a library whose numbers are NaN in %s',
    async (checked) => {
      precision = checked
      onNative = withError('native', model, Number.NaN)

      expect(await start()).toMatchObject({ kind: 'unused' })
    },
  )

  it('does not use a library that gives the right logits to other tokens in int8', async () => {
    precision = 'int8'
    onNative = withScores('native', model, (rows) => ({ ...rows, topIds: rows.topIds.map((id) => id + 1) }))

    expect(await start()).toMatchObject({ kind: 'unused' })
  })

  describe('a library that is missing', () => {
    beforeEach(() => {
      library = { kind: 'missing', reason: 'Logitscope Native is not installed.' }
    })

    it('is a quiet reason with the choice auto', async () => {
      await expect(find()).resolves.toEqual({
        kind: 'unused',
        reason: 'Logitscope Native is not installed.',
      })
      expect(lines).toEqual(['native is not used. Logitscope Native is not installed.'])
    })

    it('is an error with the choice native', async () => {
      choice = 'native'

      await expect(find()).rejects.toThrow(NativeUnavailableError)
    })
  })

  describe('a process that ends during the start', () => {
    beforeEach(() => {
      spawnNative = () => {
        const worker = new InThreadWorker(freshEngine(model))
        queueMicrotask(() => {
          worker.crash(new Error('its process was ended by SIGILL\nits error output'))
        })
        return worker
      }
    })

    it('is a quiet reason with the choice auto', async () => {
      await expect(start()).resolves.toEqual({
        kind: 'unused',
        reason: 'The native engine has ended: its process was ended by SIGILL.',
      })
      expect(lines[0]).toContain('its error output')
    })

    it('is an error with the choice native', async () => {
      choice = 'native'

      await expect(start()).rejects.toThrow('ended by SIGILL')
    })
  })

  it('is not used if the model is missing, which WASM reports', async () => {
    choice = 'native'
    await start()
    onNative = undefined

    await expect(start()).resolves.toEqual({ kind: 'unused', reason: 'It is not downloaded.' })
  })
})
