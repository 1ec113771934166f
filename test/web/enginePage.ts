// Runs in a page of the tested browser: the engine on the web, with all files fetched from the page's server.

import { createEngine, type EngineHandle } from '../../src/engine/client/engineHandle'
import { spawnWorker } from '../../src/engine/client/spawn/spawnWorker.web'
import type { WebEngineOptions } from '../../src/engine/contract/webWorkerStart'
import type { AssetName, WorkerResources } from '../../src/engine/contract/workerResources'
import type { BaselineModel } from '../../src/shared/contracts/engine/engineApi'
import { type Comparison, Comparisons } from '../../src/prediction/compare/comparisons'
import { PredictionService } from '../../src/prediction/windows/predictionService'

/** Small, so that every large tensor spans several parts. */
const PART_BYTES = 1024 * 1024

/** The functions that the test calls. */
export interface EnginePage {
  /** Starts an engine and ends the previous one. */
  start(options: WebEngineOptions): void
  service(): PredictionService
  /** Compares the model that was started with another one, on a text. */
  compare(text: string, baselineModel: BaselineModel): Promise<Comparison>
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
  // All have the same files.
  modelOf: (id) => ({
    model: async () => {
      requested.push(`model ${id}`)
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
  service: () => started().service,
  compare: async (text, baselineModel) => {
    const { api, service } = started()
    const { tokenIds } = await service.tokenize(text)
    const span = { tokenIds, from: 0, to: tokenIds.length }
    const request = { shown: span, baseline: span, baselineModel, startToken: true, topK: 1 }
    return new Comparisons(api, service).compare(request)
  },
}

function started() {
  if (engine === undefined || service === undefined) throw new Error('no engine has been started')
  return { api: engine.api, service }
}
Object.assign(globalThis, { page })

async function fetchBytes(path: string): Promise<Uint8Array> {
  const response = await fetch(path)
  if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`)
  return new Uint8Array(await response.arrayBuffer())
}
