import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll } from 'vitest'
import { callsOf } from '../../src/engine/client/engineCalls'
import type { EngineApi } from '../../src/shared/contracts/engine/engineApi'
import type { RpcClient } from '../../src/shared/rpc'
import { startWebGpuHarness, type WebGpuHarness, type WorkerUnderTest } from '../support/engine/webGpuHarness'
import type { WorkerMethods } from '../support/engine/workerUnderTest'

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))

/** Starts one browser for the tests of a file. */
export function webGpuUnderTest(): { open(modelFolder: string): Promise<RpcClient<WorkerMethods>> } {
  let harness: WebGpuHarness | undefined
  const workers: WorkerUnderTest[] = []
  beforeAll(async () => {
    harness = await startWebGpuHarness(REPOSITORY)
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

/** The worker's engine as its callers hold it. */
export function engineOf(worker: RpcClient<WorkerMethods>): EngineApi {
  return callsOf(worker)
}
