import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ReleasableEngine } from '../../../../src/engine/client/router/releasableEngine'
import type { BaselineModel } from '../../../../src/shared/contracts/engine/engineApi'
import { MINI } from '../../../support/engine/engineUnderTest'
import { InThreadWorker } from '../../../support/engine/inThreadWorker'
import { HASH_MODEL, hashEngine } from '../../../support/fakes/hashEngine'

const BASELINE: BaselineModel = { location: MINI, precision: 'fp32' }
const LARGE = 124_000_000
const SMALL = 12_000_000

describe('The WASM engine after a comparison', () => {
  /** Terminated or not, each thread that was started. */
  let workers: InThreadWorker[]
  let engine: ReleasableEngine

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    workers = []
  })

  afterEach(async () => {
    vi.useRealTimers()
    await engine.dispose()
  })

  it('restarts when it has been idle, if the other model was large', async () => {
    await compareWith(LARGE)
    await engine.api.releaseBaseline(undefined)
    await vi.advanceTimersByTimeAsync(10_000)

    expect(terminated()).toEqual([true, false])
  })

  it('keeps its thread and its model if the other model was small', async () => {
    await compareWith(SMALL)
    await engine.api.releaseBaseline(undefined)
    await vi.advanceTimersByTimeAsync(20_000)

    expect(terminated()).toEqual([false])
  })

  it('keeps its thread while the comparison is shown', async () => {
    await compareWith(LARGE)
    await vi.advanceTimersByTimeAsync(20_000)

    expect(terminated()).toEqual([false])
  })

  it('keeps its thread if another comparison begins', async () => {
    await compareWith(LARGE)
    await engine.api.releaseBaseline(undefined)
    await vi.advanceTimersByTimeAsync(5000)
    await engine.api.loadBaseline(BASELINE)
    await vi.advanceTimersByTimeAsync(20_000)

    expect(terminated()).toEqual([false])
  })

  it('waits until it is idle', async () => {
    await compareWith(LARGE)
    await engine.api.releaseBaseline(undefined)
    await vi.advanceTimersByTimeAsync(9000)
    await engine.api.model(undefined)
    await vi.advanceTimersByTimeAsync(9000)

    expect(terminated()).toEqual([false])
  })

  it('restarts once', async () => {
    await compareWith(LARGE)
    await engine.api.releaseBaseline(undefined)
    await vi.advanceTimersByTimeAsync(10_000)
    await engine.api.model(undefined)
    await vi.advanceTimersByTimeAsync(20_000)

    expect(terminated()).toEqual([true, false])
  })

  async function compareWith(parameters: number): Promise<void> {
    engine = new ReleasableEngine(
      () => {
        const loadBaseline = () => Promise.resolve({ ...HASH_MODEL, parameters })
        const worker = new InThreadWorker({ ...hashEngine(), loadBaseline })
        workers.push(worker)
        return worker
      },
      () => undefined,
    )
    await engine.api.model(undefined)
    await engine.api.loadBaseline(BASELINE)
  }

  function terminated(): boolean[] {
    return workers.map(({ isTerminated }) => isTerminated)
  }
})
