import { beforeAll, describe, expect, it } from 'vitest'
import { HeapRows } from '../../src/engine/runtime/rowBuffer'
import { tensor } from '../../src/engine/runtime/tensor'
import type { RpcClient } from '../../src/shared/rpc'
import { MINI } from '../support/engine/engineUnderTest'
import { CACHE_SHAPE, runCacheSteps } from '../support/engine/cacheScenario'
import type { CacheStep, WorkerMethods } from '../support/engine/workerUnderTest'
import { webGpuUnderTest } from './webGpuUnderTest'

const [LAYERS, C] = [CACHE_SHAPE.nLayer, CACHE_SHAPE.nEmbd]
/** Capacity grows by 128 positions at a time. */
const STEP_BYTES = 128 * C * Float32Array.BYTES_PER_ELEMENT
const AMPLE = { keyValueBytes: 1e9, residualBytes: 1e9 }

const text = Int32Array.from({ length: 200 }, (_, i) => i)
const forked = Int32Array.from([...text.subarray(0, 90), ...text.subarray(0, 60)])

const browser = webGpuUnderTest()
let worker: RpcClient<WorkerMethods>
beforeAll(async () => {
  worker = await browser.open(MINI.folder)
})

describe('Sequences cached on the GPU', () => {
  it('have the same rows as in the heap after appends, a rewind and a fork', async () => {
    const steps: CacheStep[] = [
      { kind: 'append', tokenIds: text.subarray(0, 100), from: 0 },
      { kind: 'append', tokenIds: text, from: 100 },
      { kind: 'append', tokenIds: forked, from: 90 },
      { kind: 'rewind', tokenIds: text, length: 150 },
      { kind: 'append', tokenIds: text, from: 150 },
    ]
    for (const lookUp of [text, forked, text.subarray(0, 95)]) {
      const request = { budget: AMPLE, steps, lookUp }
      const inHeap = {
        rowBuffer: () => new HeapRows(C),
        tensorOf: (rows: Float32Array) => tensor.float32(rows, [rows.length / C, C]),
        read: (rows: { readonly data: unknown }) => Promise.resolve(rows.data as Float32Array),
      }
      const onGpu = await worker.call('keep', request)
      expect(onGpu).toEqual(await runCacheSteps(inHeap, request))
      expect(onGpu.at(-1)?.rows.length).toBe(1 + 2 * LAYERS)
    }
  })

  it('free their buffers when they are evicted', async () => {
    const steps = [1000, 2000, 3000, 4000].map((first): CacheStep => ({
      kind: 'append',
      tokenIds: Int32Array.of(first, 6, 7),
      from: 0,
    }))
    const { liveRows: before } = await worker.call('counts', undefined)
    const budget = { keyValueBytes: 2 * LAYERS * STEP_BYTES, residualBytes: 2 * STEP_BYTES }
    await worker.call('keep', { budget, steps, lookUp: text })
    const { liveRows } = await worker.call('counts', undefined)
    // The residual rows of two sequences, and the keys and values of the last used one.
    expect(liveRows - before).toBe(2 + 2 * LAYERS)
  })
})
