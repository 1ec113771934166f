import { beforeAll, describe, expect, it } from 'vitest'
import type { RpcClient } from '../../src/shared/rpc'
import { MINI, score, scoreEverything } from '../support/engine/engineUnderTest'
import type { WorkerMethods } from '../support/engine/workerUnderTest'
import { engineOf, webGpuUnderTest } from './webGpuUnderTest'

const TOP_K = 5
const TOKENS = Int32Array.of(464, 3303, 2746, 1182, 464, 3303, 2746, 1182)
const FLOAT_BYTES = 4
/** Residual, keys and values of 6 layers. */
const BUFFERS_OF_A_SEQUENCE = 1 + 2 * 6

const browser = webGpuUnderTest()
let worker: RpcClient<WorkerMethods>
beforeAll(async () => {
  worker = await browser.open(MINI.folder)
  await worker.call('load', { recordPlacements: true })
})

describe('The engine on WebGPU', () => {
  it('runs every operator of the two graphs on the GPU', async () => {
    const { operators, onCpu } = await worker.call('placements', undefined)
    expect(onCpu).toEqual([])
    expect(Object.keys(operators)).toEqual(['WebGpuExecutionProvider'])
  })

  it('uploads ids, positions, mask, targets, k and temperature in a step, and reads back magnitudes and scores', async () => {
    await worker.call('freshEngine', {})
    await worker.call('counts', undefined)
    await score(engineOf(worker), scoreEverything(TOKENS, { topK: TOP_K }))
    expect(await worker.call('counts', undefined)).toEqual({
      uploads: 6,
      downloads: 2,
      downloadedBytes: TOKENS.length * (1 + 4 + 2 * TOP_K) * FLOAT_BYTES,
      liveRows: BUFFERS_OF_A_SEQUENCE,
    })
  })

  it('reads back one tensor for a row of logits of a cached text, and frees every buffer', async () => {
    await worker.call('freshEngine', {})
    const engine = engineOf(worker)
    await score(engine, scoreEverything(TOKENS))
    const { liveRows } = await worker.call('counts', undefined)
    await engine.logits({ tokenIds: TOKENS })
    expect(await worker.call('counts', undefined)).toEqual({
      uploads: 3,
      downloads: 1,
      downloadedBytes: expect.closeTo(50257 * FLOAT_BYTES, -2) as number,
      liveRows,
    })
  })
})
