import type { EngineApi, EngineMethods } from '../shared/engineApi'
import { EngineStoppedError, InferenceError, TokenizerCrashedError } from '../shared/errors'
import { type CallOptions, type Channel, RpcClient } from '../shared/rpc'

/** A thread that answers `EngineMethods`. */
export interface EngineWorker {
  readonly channel: Channel
  /** Calls back when the thread has ended, whether or not it was told to. */
  onStop(listener: (reason: Error) => void): void
  terminate(): Promise<void>
}

/** The engine as its users hold it. */
export interface EngineHandle {
  readonly api: EngineApi
  /** Ends the thread; pending calls are rejected with EngineStoppedError, the next call starts it anew. */
  restart(): Promise<void>
  /** Ends the thread; calls that are pending or come later are rejected with EngineStoppedError. */
  dispose(): Promise<void>
}

/** After these nothing in the thread's memory can be relied on. */
const FATAL_ERRORS = [TokenizerCrashedError, InferenceError]

/** An engine whose thread starts with the first call, and anew with the next call after it has crashed. */
export function createEngine(spawn: () => EngineWorker): EngineHandle {
  let running: { readonly worker: EngineWorker; readonly client: RpcClient<EngineMethods> } | undefined
  let disposed = false

  const start = () => {
    if (disposed) throw stopped('The engine was closed.')
    const worker = spawn()
    const client = new RpcClient<EngineMethods>(worker.channel)
    const current = { worker, client }
    worker.onStop((cause) => {
      client.close(stopped('The engine ended unexpectedly. Run Again starts it anew.', cause))
      if (running === current) running = undefined
    })
    running = current
    return current
  }

  const stop = async (reason: Error) => {
    const current = running
    running = undefined
    current?.client.close(reason)
    await current?.worker.terminate()
  }

  const method =
    <M extends keyof EngineMethods>(name: M) =>
    async (request: EngineMethods[M]['request'], options?: CallOptions<EngineMethods[M]['progress']>) => {
      const { client } = running ?? start()
      try {
        return await client.call(name, request, options)
      } catch (error) {
        const fatal = FATAL_ERRORS.some((ErrorClass) => error instanceof ErrorClass)
        if (fatal && running?.client === client) {
          await stop(stopped('The engine was started anew.', error))
        }
        throw error
      }
    }

  return {
    api: {
      vocabulary: method('vocabulary'),
      tokenize: method('tokenize'),
      model: method('model'),
      score: method('score'),
      logits: method('logits'),
    },
    restart: () => stop(stopped('The engine was started anew. Run Again repeats the inspection.')),
    dispose: async () => {
      disposed = true
      await stop(stopped('The engine was closed.'))
    },
  }
}

function stopped(message: string, cause?: unknown): EngineStoppedError {
  return new EngineStoppedError(message, { cause })
}
