// Runs in a page of the tested browser: the engine on the web, with all files fetched from the page's server.

import { createEngine, type EngineHandle } from '../../src/engine/client/engineHandle'
import { spawnWorker } from '../../src/engine/client/spawnWorker.web'
import type { WebEngineOptions } from '../../src/engine/contract/webWorkerStart'
import type { AssetName, WorkerResources } from '../../src/engine/contract/workerResources'
import { PredictionService } from '../../src/prediction/predictionService'

/** Small, so that every large tensor spans several parts. */
const PART_BYTES = 1024 * 1024

/** The functions that the test calls. */
export interface EnginePage {
  /** Starts an engine and ends the previous one. */
  start(options: WebEngineOptions): void
  service(): PredictionService
  /** The resources that the worker has requested so far. */
  readonly requested: string[]
}

const requested: string[] = []
let engine: EngineHandle | undefined
let service: PredictionService | undefined

const weights = fetchBytes('/model/model.safetensors')

const resources: WorkerResources = {
  asset: (name: AssetName) => {
    requested.push(name)
    return fetchBytes(`/dist/${name}`)
  },
  modelOf: () => ({
    model: async () => {
      requested.push('model')
      return {
        place: 'the test’s server',
        fingerprint: 'the test’s server',
        files: [
          { name: 'config.json', parts: 1 },
          { name: 'model.safetensors', parts: Math.ceil((await weights).length / PART_BYTES) },
        ],
      }
    },
    part: async (file, index) => {
      if (file !== 'model.safetensors') return fetchBytes(`/model/${file}`)
      return (await weights).slice(index * PART_BYTES, (index + 1) * PART_BYTES)
    },
  }),
}

const page: EnginePage = {
  requested,
  start: (options) => {
    void engine?.dispose()
    engine = createEngine(() => spawnWorker(options, resources))
    service = new PredictionService(engine.api)
  },
  service: () => {
    if (service === undefined) throw new Error('no engine has been started')
    return service
  },
}
Object.assign(globalThis, { page })

async function fetchBytes(path: string): Promise<Uint8Array> {
  const response = await fetch(path)
  if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`)
  return new Uint8Array(await response.arrayBuffer())
}
