import {
  ENGINE_METHODS,
  type EngineApi,
  type EngineMethods,
  type EngineState,
  type ScoreProgress,
  type ScoreRequest,
} from '../../shared/contracts/engineApi'
import {
  CancelledError,
  InvalidRequestError,
  NonFiniteLogitsError,
  WebGpuUnavailableError,
} from '../../shared/errors'
import type { Backend, ModelInfo } from '../../shared/contracts/prediction'
import { engineApi } from './engineCalls'
import { createEngine, type EngineHandle, type EngineWorker } from './engineHandle'

/** An engine on the GPU that has loaded its model and passed the check against WASM. */
export interface WebGpuEngine {
  readonly api: EngineApi
  readonly model: ModelInfo
  /** Calls back when the engine has ended without `dispose`. */
  onEnd(listener: (reason: Error) => void): void
  dispose(): void
}

/** The result of a start. `unused`: nothing failed, but WebGPU is not selected, unavailable or unable to load the model. */
export type WebGpuStart =
  | { readonly kind: 'started'; readonly engine: WebGpuEngine }
  /** `reason` says what to do, too. */
  | { readonly kind: 'unused'; readonly reason: string }

export interface BackendRouterOptions {
  /** Starts the WASM engine, which is always available. */
  readonly spawnWasm: () => EngineWorker
  /**
   * Starts the WebGPU engine. Rejects if WebGPU is selected and cannot be used. It takes long (compilation and the
   * check), so WASM answers requests until it is ready.
   */
  readonly startWebGpu: (wasm: EngineApi, signal: AbortSignal) => Promise<WebGpuStart>
  readonly onState: (state: EngineState) => void
  /** Called when WebGPU failed or cannot be used; not called again until WebGPU is tried again. */
  readonly onFailure: (reason: Error) => void
}

export interface BackendRouter extends EngineHandle {
  /**
   * Tries WebGPU again unless it is in use. Resolves when the attempt has ended: with the reason if WebGPU is not used,
   * with undefined if it is used or if `onFailure` has the reason.
   */
  retryWebGpu(): Promise<string | undefined>
  /** The user selected another backend: stops WebGPU, and pending requests continue on WASM. */
  backendChanged(): void
  /** A missing adapter or companion may be available now: the next call tries WebGPU again. */
  webGpuMayBeAvailable(): void
}

type WebGpu =
  /** The next call starts it. */
  | { readonly kind: 'idle' }
  | { readonly kind: 'starting'; readonly cancel: AbortController }
  | { readonly kind: 'ready'; readonly engine: WebGpuEngine }
  | { readonly kind: 'unused'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: Error }

/**
 * Combines two engines into one. WebGPU answers while it is ready, WASM before that and after WebGPU fails, also in the
 * middle of a request. The WASM engine always answers the tokenizer's methods.
 */
export function routeBackends({
  spawnWasm,
  startWebGpu,
  onState,
  onFailure,
}: BackendRouterOptions): BackendRouter {
  let webGpu: WebGpu = { kind: 'idle' }
  let starting: Promise<void> = Promise.resolve()
  let wasmState: EngineState = { kind: 'stopped' }
  /** Engines whose pending requests WASM continues. */
  const left = new WeakSet<WebGpuEngine>()
  const wasm = createEngine(spawnWasm, (state) => {
    wasmState = state
    if (webGpu.kind !== 'ready') onState(state)
  })

  const start = async () => {
    const cancel = new AbortController()
    webGpu = { kind: 'starting', cancel }
    try {
      const started = await startWebGpu(wasm.api, cancel.signal)
      if (started.kind === 'unused') {
        if (!cancel.signal.aborted) webGpu = started
      } else if (cancel.signal.aborted) started.engine.dispose()
      else becomeReady(started.engine)
    } catch (error) {
      if (cancel.signal.aborted) return
      const reason = asError(error)
      webGpu = { kind: 'failed', reason }
      onFailure(reason)
    }
  }

  const becomeReady = (engine: WebGpuEngine) => {
    webGpu = { kind: 'ready', engine }
    onState({ kind: 'ready', model: engine.model })
    engine.onEnd((reason) => {
      fallBack(engine, reason)
    })
  }

  const startIfIdle = () => {
    if (webGpu.kind === 'idle') starting = start()
  }

  const reasonOfNoUse = () => (webGpu.kind === 'unused' ? webGpu.reason : undefined)

  const leave = (engine: WebGpuEngine, next: WebGpu) => {
    left.add(engine)
    webGpu = next
    engine.dispose()
    onState(wasmState)
  }

  /** Reports the failure once: the engine's end and its failed calls all come here. */
  const fallBack = (engine: WebGpuEngine, reason: Error) => {
    if (webGpu.kind !== 'ready' || webGpu.engine !== engine) return
    leave(engine, { kind: 'failed', reason })
    onFailure(reason)
  }

  const stopWebGpu = () => {
    const stopped = webGpu
    webGpu = { kind: 'idle' }
    if (stopped.kind === 'starting') stopped.cancel.abort()
    if (stopped.kind === 'ready') stopped.engine.dispose()
  }

  /** Asks WebGPU if it is ready. If it fails for a reason other than the request, WASM answers instead. */
  const answer = async <T>(backend: Backend | undefined, ask: (api: EngineApi) => Promise<T>): Promise<T> => {
    startIfIdle()
    if (webGpu.kind !== 'ready' || backend === 'wasm') return ask(wasm.api)
    const { engine } = webGpu
    try {
      return await ask(engine.api)
    } catch (error) {
      if (error instanceof CancelledError) throw error
      if (error instanceof InvalidRequestError || error instanceof NonFiniteLogitsError) {
        // If WASM throws as well, the request or the weights are at fault and the GPU is not.
        const answered = await ask(wasm.api)
        fallBack(engine, error)
        return answered
      }
      fallBack(engine, asError(error))
      if (!left.has(engine)) throw error // The engine was stopped together with its requests.
      return ask(wasm.api)
    }
  }

  return {
    api: {
      ...engineApi((name) => (request, options) => {
        if (ENGINE_METHODS[name] === 'tokenizer') return wasm.api[name](request, options)
        return answer(backendOf(request), (api) => api[name](request, options))
      }),
      model: async (request, options) => {
        startIfIdle()
        return webGpu.kind === 'ready' ? webGpu.engine.model : wasm.api.model(request, options)
      },
      score: (request, options) => {
        let nextRow = request.firstRow
        const ask = async (api: EngineApi) => {
          const isOther = api === wasm.api && request.backend === 'webgpu'
          let continuing = isOther ? await api.model(undefined, { signal: options?.signal }) : undefined
          const onProgress = (progress: ScoreProgress) => {
            if (progress.kind === 'rows' && continuing !== undefined) {
              options?.onProgress?.({ kind: 'continued', model: continuing })
              continuing = undefined
            }
            options?.onProgress?.(progress)
            // Last, because rows that the caller rejects are computed again.
            if (progress.kind === 'rows') nextRow += progress.rows.logSumExp.length
          }
          return api.score(fromRow(request, nextRow), { ...options, onProgress })
        }
        return answer(request.backend, ask)
      },
    },
    restart: async () => {
      stopWebGpu()
      await wasm.restart()
    },
    dispose: async () => {
      stopWebGpu()
      webGpu = { kind: 'unused', reason: 'Logitscope was closed.' }
      await wasm.dispose()
    },
    retryWebGpu: async () => {
      if (webGpu.kind === 'unused' || webGpu.kind === 'failed') webGpu = { kind: 'idle' }
      startIfIdle()
      await starting
      return reasonOfNoUse()
    },
    backendChanged: () => {
      if (webGpu.kind === 'ready') leave(webGpu.engine, { kind: 'idle' })
      else stopWebGpu()
      if (wasmState.kind !== 'stopped') startIfIdle()
    },
    webGpuMayBeAvailable: () => {
      // An engine that crashed would probably crash again, so only a missing one is tried again.
      const isMissing = webGpu.kind === 'failed' && webGpu.reason instanceof WebGpuUnavailableError
      if (webGpu.kind === 'unused' || isMissing) webGpu = { kind: 'idle' }
    },
  }
}

function backendOf(request: EngineMethods[keyof EngineMethods]['request']): Backend | undefined {
  return request !== undefined && 'backend' in request ? request.backend : undefined
}

/** The rest of a request whose rows before `row` have already been delivered. */
function fromRow(request: ScoreRequest, row: number): ScoreRequest {
  return { ...request, firstRow: row, targets: request.targets.subarray(row - request.firstRow) }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
