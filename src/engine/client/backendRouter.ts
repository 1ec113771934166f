import type {
  EngineApi,
  EngineState,
  ModelRequest,
  ScoreProgress,
  ScoreRequest,
} from '../../shared/contracts/engineApi'
import {
  CancelledError,
  InvalidRequestError,
  NonFiniteLogitsError,
  WebGpuUnavailableError,
} from '../../shared/errors'
import type { ModelInfo } from '../../shared/contracts/prediction'
import { createEngine, type EngineHandle, type EngineWorker } from './engineHandle'

/** An engine on the GPU that has loaded its model and may be believed. */
export interface WebGpuEngine {
  readonly api: EngineApi
  readonly model: ModelInfo
  /** Calls back when it has ended by itself. */
  onEnd(listener: (reason: Error) => void): void
  dispose(): void
}

export interface BackendRouterOptions {
  /** Starts the engine that is always there. */
  readonly spawnWasm: () => EngineWorker
  /**
   * Starts the other one; undefined where it is not to be had, or not wanted. What takes it long, compiling and
   * the check, nobody waits for. Rejects where it should be there and cannot.
   */
  readonly startWebGpu: (wasm: EngineApi, signal: AbortSignal) => Promise<WebGpuEngine | undefined>
  readonly onState: (state: EngineState) => void
  /** WebGPU is not used any more, or cannot be used. Called once until it is tried again. */
  readonly onFailure: (reason: Error) => void
}

export interface BackendRouter extends EngineHandle {
  /**
   * Tries WebGPU anew where it does not answer. Resolves when that has ended one way or the other: with false where
   * it is not to be had, or not wanted.
   */
  retryWebGpu(): Promise<boolean>
  /** The user wants another backend; requests that are under way go on with WASM. */
  chooseAnew(): void
  /** What was not there before may be now: the next call looks again. */
  webGpuMayHaveCome(): void
}

type WebGpu =
  /** The next call starts it. */
  | { readonly kind: 'idle' }
  | { readonly kind: 'starting'; readonly cancel: AbortController }
  | { readonly kind: 'ready'; readonly engine: WebGpuEngine }
  | { readonly kind: 'absent' }
  | { readonly kind: 'failed'; readonly reason: Error }

/**
 * One engine out of two: WebGPU answers where it can, WASM while it cannot yet and when it cannot any more, in the
 * middle of a request as well. Tokens are always WASM's side's to make.
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
  /** Engines whose requests WASM goes on with. */
  const left = new WeakSet<WebGpuEngine>()
  const wasm = createEngine(spawnWasm, (state) => {
    wasmState = state
    if (webGpu.kind !== 'ready') onState(state)
  })

  const start = async () => {
    const cancel = new AbortController()
    webGpu = { kind: 'starting', cancel }
    try {
      const engine = await startWebGpu(wasm.api, cancel.signal)
      if (cancel.signal.aborted) engine?.dispose()
      else if (engine === undefined) webGpu = { kind: 'absent' }
      else becomeReady(engine)
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

  const isAbsent = () => webGpu.kind === 'absent'

  const leave = (engine: WebGpuEngine, next: WebGpu) => {
    left.add(engine)
    webGpu = next
    engine.dispose()
    onState(wasmState)
  }

  /** Whoever learns of the failure first tells it. */
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

  /** Asks WebGPU where it answers; where it fails through no fault of the request, WASM goes on. */
  const answer = async <T>(request: ModelRequest, ask: (api: EngineApi) => Promise<T>): Promise<T> => {
    startIfIdle()
    if (webGpu.kind !== 'ready' || request.backend === 'wasm') return ask(wasm.api)
    const { engine } = webGpu
    try {
      return await ask(engine.api)
    } catch (error) {
      if (error instanceof CancelledError || error instanceof InvalidRequestError) throw error
      if (error instanceof NonFiniteLogitsError) {
        // It is the weights' fault where WASM says the same.
        const answered = await ask(wasm.api)
        fallBack(engine, error)
        return answered
      }
      fallBack(engine, asError(error))
      if (!left.has(engine)) throw error // It was stopped, and the request with it.
      return ask(wasm.api)
    }
  }

  return {
    api: {
      vocabulary: wasm.api.vocabulary,
      tokenize: wasm.api.tokenize,
      model: async (request, options) => {
        startIfIdle()
        return webGpu.kind === 'ready' ? webGpu.engine.model : wasm.api.model(request, options)
      },
      score: (request, options) => {
        let nextRow = request.firstRow
        const ask = async (api: EngineApi) => {
          const isOther = api === wasm.api && request.backend === 'webgpu'
          let untold = isOther ? await api.model(undefined, { signal: options?.signal }) : undefined
          const onProgress = (progress: ScoreProgress) => {
            if (progress.kind === 'rows') {
              nextRow = progress.rows.firstRow + progress.rows.logSumExp.length
              if (untold !== undefined) options?.onProgress?.({ kind: 'continued', model: untold })
              untold = undefined
            }
            options?.onProgress?.(progress)
          }
          return api.score(fromRow(request, nextRow), { ...options, onProgress })
        }
        return answer(request, ask)
      },
      generate: (request, options) => answer(request, (api) => api.generate(request, options)),
      logits: (request, options) => answer(request, (api) => api.logits(request, options)),
    },
    restart: async () => {
      stopWebGpu()
      await wasm.restart()
    },
    dispose: async () => {
      stopWebGpu()
      webGpu = { kind: 'absent' }
      await wasm.dispose()
    },
    retryWebGpu: async () => {
      if (isAbsent() || webGpu.kind === 'failed') webGpu = { kind: 'idle' }
      startIfIdle()
      await starting
      return !isAbsent()
    },
    chooseAnew: () => {
      if (webGpu.kind === 'ready') leave(webGpu.engine, { kind: 'idle' })
      else stopWebGpu()
      if (wasmState.kind !== 'stopped') startIfIdle()
    },
    webGpuMayHaveCome: () => {
      // What has crashed would crash again.
      const isMissing = webGpu.kind === 'failed' && webGpu.reason instanceof WebGpuUnavailableError
      if (isAbsent() || isMissing) webGpu = { kind: 'idle' }
    },
  }
}

/** What is left of a request whose rows before `row` have been given already. */
function fromRow(request: ScoreRequest, row: number): ScoreRequest {
  return { ...request, firstRow: row, targets: request.targets.subarray(row - request.firstRow) }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
