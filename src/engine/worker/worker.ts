// The engine's thread on the desktop: a worker of Node's `worker_threads`, on WASM.

import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import type { EngineOptions } from '../contract/engineOptions'
import { checkLoadable, loadModelFolder } from '../inference/loadModelFolder'
import { loadSimulator } from '../inference/simulation/loadSimulator'
import { configureWasm, WASM_RUNTIME } from '../runtime/wasm/wasmRuntime'
import { availableMemory, besideModels } from './availableMemory'
import { serveEngine } from './serveEngine'

if (parentPort === null) throw new Error('the engine runs in a worker')
const port = parentPort
const options = workerData as EngineOptions
const openRuntime = () => Promise.resolve(WASM_RUNTIME)
configureWasm(join(options.assetsFolder, '/'), options.threads)
serveEngine(
  {
    send: (message, transfer) => {
      port.postMessage(message, transfer)
    },
    onMessage: (listener) => {
      port.on('message', listener)
    },
  },
  {
    ...options,
    loadModel: () => loadModelFolder(options.model, { ...options, openRuntime }),
    checkBaseline: ({ location, precision }, beside) =>
      checkLoadable(location, { ...options, precision, ...besideModels(beside) }),
    loadBaseline: ({ location, precision }, beside) =>
      loadModelFolder(location, {
        ...options,
        ...beside,
        freeBytes: availableMemory(),
        precision,
        openRuntime,
      }),
    loadSimulator: () => loadSimulator(options.model, { ...options, openRuntime }),
  },
)
