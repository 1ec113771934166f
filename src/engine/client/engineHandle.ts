import type { EngineApi, EngineMethods, EngineState } from '../../shared/contracts/engineApi'
import {
  CancelledError,
  EngineStoppedError,
  InferenceError,
  OutOfMemoryError,
  TokenizerCrashedError,
  WebGpuLostError,
} from '../../shared/errors'
import { type CallOptions, type Channel, RpcClient } from '../../shared/rpc'

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
const FATAL_ERRORS = [TokenizerCrashedError, InferenceError, OutOfMemoryError, WebGpuLostError]

/** What can be answered without a model. */
const METHODS_WITHOUT_MODEL: readonly (keyof EngineMethods)[] = ['vocabulary', 'tokenize']

interface Running {
  readonly worker: EngineWorker
  readonly client: RpcClient<EngineMethods>
}

/**
 * An engine whose thread starts with the first call, and anew with the next call after it has crashed.
 * `onState` is called whenever the state is another one; at first it is `stopped`.
 */
export function createEngine(
  spawn: () => EngineWorker,
  onState: (state: EngineState) => void = () => undefined,
): EngineHandle {
  let running: Running | undefined
  let disposed = false
  let state: EngineState = { kind: 'stopped' }

  const become = (next: EngineState) => {
    if (next.kind === state.kind) return
    state = next
    onState(next)
  }

  const start = () => {
    if (disposed) throw stopped('The engine was closed.')
    const worker = spawn()
    const client = new RpcClient<EngineMethods>(worker.channel)
    const current = { worker, client }
    worker.onStop((cause) => {
      client.close(stopped('The engine ended unexpectedly. Run Again starts it anew.', cause))
      if (running !== current) return
      running = undefined
      become({ kind: 'stopped' })
    })
    running = current
    return current
  }

  const endThread = async (reason: Error) => {
    const current = running
    running = undefined
    current?.client.close(reason)
    await current?.worker.terminate()
  }

  const stop = async (reason: Error) => {
    const ended = endThread(reason)
    become({ kind: 'stopped' })
    await ended
  }

  /** The thread loads its model once, whoever asks: this call only learns how that ends. */
  const followLoading = async (current: Running) => {
    become({ kind: 'starting' })
    try {
      const model = await current.client.call('model', undefined)
      if (running === current) become({ kind: 'ready', model })
    } catch (error) {
      const { message } = error instanceof Error ? error : new Error(String(error))
      if (running === current) become({ kind: 'failed', message })
    }
  }

  const method =
    <M extends keyof EngineMethods>(name: M) =>
    async (request: EngineMethods[M]['request'], options?: CallOptions<EngineMethods[M]['progress']>) => {
      if (options?.signal?.aborted === true) throw new CancelledError()
      const current = running ?? start()
      const isLoaded = state.kind === 'starting' || state.kind === 'ready'
      if (!isLoaded && !METHODS_WITHOUT_MODEL.includes(name)) void followLoading(current)
      try {
        return await current.client.call(name, request, options)
      } catch (error) {
        const fatal = FATAL_ERRORS.some((ErrorClass) => error instanceof ErrorClass)
        if (fatal && running === current) {
          // Where the model could not be loaded, this remains to be said.
          if (state.kind !== 'failed') become({ kind: 'stopped' })
          await endThread(stopped('The engine was started anew.', error))
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
      generate: method('generate'),
      logits: method('logits'),
    },
    restart: () => stop(stopped('The engine was started anew. Run Again repeats the inspection.')),
    dispose: async () => {
      disposed = true
      await stop(stopped('The engine was closed.'))
    },
  }
}

/** The engine at the other end of `client`. */
export function callsOf(client: RpcClient<EngineMethods>): EngineApi {
  return {
    vocabulary: (request, options) => client.call('vocabulary', request, options),
    tokenize: (request, options) => client.call('tokenize', request, options),
    model: (request, options) => client.call('model', request, options),
    score: (request, options) => client.call('score', request, options),
    generate: (request, options) => client.call('generate', request, options),
    logits: (request, options) => client.call('logits', request, options),
  }
}

function stopped(message: string, cause?: unknown): EngineStoppedError {
  return new EngineStoppedError(message, { cause })
}
