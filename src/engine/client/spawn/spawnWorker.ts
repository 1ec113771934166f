import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { RpcMessage } from '../../../shared/rpc'
import type { EngineOptions } from '../../contract/engineOptions'
import type { EngineWorker } from '../engineHandle'

/** Starts the engine's thread on the desktop. */
export function spawnWorker(options: EngineOptions): EngineWorker {
  return workerOf(new Worker(join(options.assetsFolder, 'engineWorker.js'), { workerData: options }))
}

/** A thread of Node's `worker_threads` that answers `EngineMethods`. */
export function workerOf(worker: Worker): EngineWorker {
  return {
    channel: {
      send: (message) => {
        worker.postMessage(message)
      },
      onMessage: (listener) => {
        worker.on('message', (message: RpcMessage) => {
          listener(message)
        })
      },
    },
    onStop: (listener) => {
      worker.on('error', listener)
      worker.on('exit', (code) => {
        listener(new Error(`the engine's thread ended with code ${code}`))
      })
    },
    terminate: async () => {
      await worker.terminate()
    },
  }
}
