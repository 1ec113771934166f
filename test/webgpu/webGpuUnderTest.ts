import { afterAll, beforeAll } from 'vitest'
import type { EngineApi } from '../../src/shared/engineApi'
import type { RpcClient } from '../../src/shared/rpc'
import { startWebGpuHarness, type WebGpuHarness, type WorkerUnderTest } from '../support/webGpuHarness'
import type { WorkerMethods } from '../support/workerUnderTest'

/** A browser for the tests of a file. */
export function webGpuUnderTest(): { open(modelFolder: string): Promise<RpcClient<WorkerMethods>> } {
  let harness: WebGpuHarness | undefined
  const workers: WorkerUnderTest[] = []
  beforeAll(async () => {
    harness = await startWebGpuHarness()
  })
  afterAll(async () => {
    for (const worker of workers) await worker.close()
    await harness?.close()
  })
  return {
    open: async (modelFolder) => {
      if (harness === undefined) throw new Error('the browser has not been started')
      const worker = await harness.open(modelFolder)
      workers.push(worker)
      return worker.client
    },
  }
}

/** The worker's engine as its users hold it. */
export function engineOf(worker: RpcClient<WorkerMethods>): EngineApi {
  return {
    vocabulary: (request, options) => worker.call('vocabulary', request, options),
    tokenize: (request, options) => worker.call('tokenize', request, options),
    model: (request, options) => worker.call('model', request, options),
    score: (request, options) => worker.call('score', request, options),
    generate: (request, options) => worker.call('generate', request, options),
    logits: (request, options) => worker.call('logits', request, options),
  }
}
