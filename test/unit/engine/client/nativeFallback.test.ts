// The router over the built engine: WASM in a thread, and the native library in a process.

import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { BackendRouter } from '../../../../src/engine/client/router/backendRouter'
import { type EngineProcess, spawnProcess } from '../../../../src/engine/client/spawn/spawnProcess'
import { spawnWorker } from '../../../../src/engine/client/spawn/spawnWorker'
import { nativeAccelerator } from '../../../../src/engine/client/native/startNative'
import type { EngineOptions } from '../../../../src/engine/contract/engineOptions'
import type { BackendSelfTest } from '../../../../src/shared/contracts/engine/backendSelfTest'
import { MAX_DELTA } from '../../../../src/shared/contracts/engine/backends'
import type { EngineApi, ScoreRequest } from '../../../../src/shared/contracts/engine/engineApi'
import type { Precision } from '../../../../src/shared/contracts/engine/prediction'
import { elementAt } from '../../../../src/shared/elementAt'
import { LOADING_LIMIT_MS, MINI } from '../../../support/engine/engineUnderTest'
import { DIST, NATIVE_LIBRARY } from '../../../support/engine/loadModel'
import { scoreWindow } from '../../../support/engine/scoreWindow'

/** In int8 every load converts the weights. */
const LIMIT_MS = 3 * LOADING_LIMIT_MS

describe('The router with the native library', { timeout: LIMIT_MS }, () => {
  let processes: EngineProcess[]
  let failures: string[]
  let selfTests: Map<Precision, BackendSelfTest>

  beforeEach(() => {
    processes = []
    failures = []
    selfTests = new Map()
  })

  const routerIn = (precision: Precision) => {
    const options: Omit<EngineOptions, 'backend'> = {
      model: MINI,
      threads: 1,
      precision,
      assetsFolder: DIST,
    }
    const spawnWasm = () => spawnWorker({ ...options, backend: 'wasm' })
    const router = new BackendRouter({
      spawnWasm,
      accelerators: [
        nativeAccelerator({
          choice: () => 'native',
          selected: () => ({ model: 'mini', precision }),
          library: () => ({ kind: 'found', path: NATIVE_LIBRARY }),
          device: () => 'this CPU',
          isSelfTestAwaited: false,
          spawnNative: ({ nativeLibrary }) => {
            const child = spawnProcess({ ...options, backend: 'native', nativeLibrary })
            processes.push(child)
            return child
          },
          spawnWasm,
          selfTests: {
            get: (tested) => selfTests.get(tested),
            set: (tested, selfTest) => selfTests.set(tested, selfTest),
          },
          log: () => undefined,
        }),
      ],
      selected: () => ['native'],
      onState: () => undefined,
      onFailure: ({ reason }) => failures.push(reason.message),
    })
    onTestFinished(() => router.dispose())
    return router
  }

  it.each<Precision>(['fp32', 'int8'])('is used in %s after the self-test', async (precision) => {
    const router = routerIn(precision)

    expect(await router.retry()).toEqual({ used: 'native', unused: [] })
    expect(await router.api.model(undefined)).toMatchObject({
      backend: 'native',
      precision,
      selfTest: selfTests.get(precision),
    })
    expect(processes.length).toBe(2)
  })

  it('continues on WASM with the next row when the process is killed, and is used again after a retry', async () => {
    const router = routerIn('fp32')
    await router.retry()
    let isKilled = false
    const broken = await logSumExps(router.api, { ...scoreWindow(0), backend: 'native' }, () => {
      if (!isKilled) process.kill(elementAt(processes, processes.length - 1).pid ?? 0, 'SIGKILL')
      isKilled = true
    })
    const whole = await logSumExps(router.api, { ...scoreWindow(0), backend: 'wasm' })

    expect(broken.continued).toEqual(['wasm'])
    expect(broken.values.length).toBe(whole.values.length)
    for (const [row, value] of broken.values.entries())
      expect(Math.abs(value - elementAt(whole.values, row))).toBeLessThanOrEqual(MAX_DELTA)
    expect(failures).toEqual(['The native engine has ended: its process was ended by SIGKILL.'])
    expect((await router.api.model(undefined)).backend).toBe('wasm')

    expect(await router.retry()).toEqual({ used: 'native', unused: [] })
    expect((await router.api.model(undefined)).backend).toBe('native')
  })
})

interface Streamed {
  /** The log-sum-exp of each row, in nats. */
  readonly values: readonly number[]
  /** The backends that continued the request. */
  readonly continued: readonly string[]
}

async function logSumExps(
  engine: EngineApi,
  request: ScoreRequest,
  onRows: () => void = () => undefined,
): Promise<Streamed> {
  const values: number[] = []
  const continued: string[] = []
  await engine.score(request, {
    onProgress: (progress) => {
      if (progress.kind === 'continued') continued.push(progress.model.backend)
      if (progress.kind !== 'rows') return
      values.push(...progress.rows.logSumExp)
      onRows()
    },
  })
  return { values, continued }
}
