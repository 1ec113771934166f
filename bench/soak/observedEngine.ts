import { once } from 'node:events'
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import { createEngine, type EngineHandle } from '../../src/engine/client/engineHandle'
import { workerOf } from '../../src/engine/client/spawn/spawnWorker'
import type { EngineOptions } from '../../src/engine/contract/engineOptions'

/** Bytes of an engine's thread. */
export interface ThreadMemory {
  /** JavaScript objects. */
  readonly heapUsed: number
  /** Mostly the prefix cache; also garbage that is not collected yet. */
  readonly arrayBuffers: number
  /** ONNX Runtime's memory: weights and the tensors of a run. It never shrinks. */
  readonly wasm: number
}

export interface ObservedOptions extends EngineOptions {
  readonly observer: MessagePort
}

/** The product's engine, whose thread tells its memory. */
export class ObservedEngine {
  readonly handle: EngineHandle
  private observer: MessagePort | undefined

  /** @param bundle of `observedThread.ts` */
  constructor(bundle: string, options: EngineOptions) {
    this.handle = createEngine(() => {
      const { port1, port2 } = new MessageChannel()
      this.observer = port1
      const workerData: ObservedOptions = { ...options, observer: port2 }
      return workerOf(new Worker(bundle, { workerData, transferList: [port2] }))
    })
  }

  /** @throws if the thread was not started */
  async memory(): Promise<ThreadMemory> {
    if (this.observer === undefined) throw new Error('the engine has no thread')
    const answer = once(this.observer, 'message')
    this.observer.postMessage(undefined)
    const [memory] = (await answer) as [ThreadMemory]
    return memory
  }
}
