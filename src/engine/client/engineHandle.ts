import {
  ENGINE_METHODS,
  type EngineApi,
  type EngineMethods,
  type EngineState,
} from '../../shared/contracts/engine/engineApi'
import {
  BaselineMemoryError,
  CancelledError,
  EngineStoppedError,
  InferenceError,
  OutOfMemoryError,
  TokenizerCrashedError,
  WebGpuLostError,
} from '../../shared/errors'
import { type CallOptions, type Channel, RpcClient } from '../../shared/rpc'
import { engineApi } from './engineCalls'

/** A thread that answers `EngineMethods`. */
export interface EngineWorker {
  readonly channel: Channel
  /** Calls back when the thread has ended, whether or not `terminate` was called. */
  onStop(listener: (reason: Error) => void): void
  terminate(): Promise<void>
}

/** An engine as its callers hold it. */
export interface EngineHandle {
  readonly api: EngineApi
  /** Ends the thread. Pending calls are rejected with EngineStoppedError; the next call starts a new thread. */
  restart(): Promise<void>
  /** Ends the thread. Pending and later calls are rejected with EngineStoppedError. */
  dispose(): Promise<void>
}

/**
 * Creates an engine whose thread starts with the first call, and again with the first call after a crash.
 * @param onState called at every change of the state, which is `stopped` at first
 */
export function createEngine(
  spawn: () => EngineWorker,
  onState: (state: EngineState) => void = () => undefined,
): EngineHandle {
  return new RestartableEngine(spawn, onState)
}

/** After these errors the thread's memory cannot be relied on. */
const FATAL_ERRORS = [TokenizerCrashedError, InferenceError, OutOfMemoryError, WebGpuLostError]

interface Running {
  readonly worker: EngineWorker
  readonly client: RpcClient<EngineMethods>
}

class RestartableEngine implements EngineHandle {
  readonly api = engineApi((name) => (request, options) => this.call(name, request, options))
  private running: Running | undefined
  private disposed = false
  private state: EngineState = { kind: 'stopped' }

  constructor(
    private readonly spawn: () => EngineWorker,
    private readonly onState: (state: EngineState) => void,
  ) {}

  restart(): Promise<void> {
    return this.stop(stopped('The engine restarted. Run Again repeats the inspection.'))
  }

  async dispose(): Promise<void> {
    this.disposed = true
    await this.stop(stopped('The engine was closed.'))
  }

  private async call<M extends keyof EngineMethods>(
    name: M,
    request: EngineMethods[M]['request'],
    options?: CallOptions<EngineMethods[M]['progress']>,
  ): Promise<EngineMethods[M]['result']> {
    if (options?.signal?.aborted === true) throw new CancelledError()
    const current = this.running ?? this.start()
    const isLoaded = this.state.kind === 'starting' || this.state.kind === 'ready'
    if (!isLoaded && ENGINE_METHODS[name] === 'model') void this.followLoading(current)
    try {
      return await current.client.call(name, request, options)
    } catch (error) {
      if (isFatal(error, name) && this.running === current) {
        // `failed` stays, so that the user still sees why the model could not be loaded.
        if (this.state.kind !== 'failed') this.become({ kind: 'stopped' })
        await this.endThread(stopped('The engine restarted. Try again.', error))
      }
      throw error
    }
  }

  private start(): Running {
    if (this.disposed) throw stopped('The engine was closed.')
    const worker = this.spawn()
    const client = new RpcClient<EngineMethods>(worker.channel)
    const current = { worker, client }
    worker.onStop((cause) => {
      client.close(stopped('The engine ended unexpectedly. Run Again restarts it.', cause))
      if (this.running !== current) return
      this.running = undefined
      this.become({ kind: 'stopped' })
    })
    this.running = current
    return current
  }

  /** Sets the state while the thread loads the model. The thread loads it once; this call only waits for the outcome. */
  private async followLoading(current: Running): Promise<void> {
    this.become({ kind: 'starting' })
    try {
      const model = await current.client.call('model', undefined)
      if (this.running === current) this.become({ kind: 'ready', model })
    } catch (error) {
      const { message } = error instanceof Error ? error : new Error(String(error))
      if (this.running === current) this.become({ kind: 'failed', message })
    }
  }

  private async stop(reason: Error): Promise<void> {
    const ended = this.endThread(reason)
    this.become({ kind: 'stopped' })
    await ended
  }

  private async endThread(reason: Error): Promise<void> {
    const current = this.running
    this.running = undefined
    current?.client.close(reason)
    await current?.worker.terminate()
  }

  private become(next: EngineState): void {
    if (next.kind === this.state.kind) return
    this.state = next
    this.onState(next)
  }
}

/** A second model is refused before anything of it is in memory. */
function isFatal(error: unknown, method: keyof EngineMethods): boolean {
  if (method === 'checkBaseline' && error instanceof BaselineMemoryError) return false
  return FATAL_ERRORS.some((ErrorClass) => error instanceof ErrorClass)
}

function stopped(message: string, cause?: unknown): EngineStoppedError {
  return new EngineStoppedError(message, { cause })
}
