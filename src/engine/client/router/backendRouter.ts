import { assertNever } from '../../../shared/assertNever'
import type {
  AcceleratedBackend,
  BackendFailure,
  RetryOutcome,
  UnusedBackend,
} from '../../../shared/contracts/engine/backends'
import {
  ENGINE_METHODS,
  type EngineApi,
  type EngineMethod,
  type EngineState,
} from '../../../shared/contracts/engine/engineApi'
import type { Backend } from '../../../shared/contracts/engine/prediction'
import {
  CancelledError,
  EngineStoppedError,
  InvalidRequestError,
  NonFiniteLogitsError,
} from '../../../shared/errors'
import {
  type AcceleratedEngine,
  Accelerator,
  type AcceleratorOptions,
  asError,
  type StartingState,
} from '../accelerator'
import { engineApi } from '../engineCalls'
import type { EngineHandle, EngineWorker } from '../engineHandle'
import { ReleasableEngine } from './releasableEngine'
import { ResumableRows, type RoutedEngine, type RowsMethod } from './resumableRows'
import { callOf, isOfRequest, type RoutedCall } from './routedCall'
import { type ResultMethod, resultOn } from './singleResult'

export interface BackendRouterOptions {
  /** Starts the WASM engine, which is always available. */
  readonly spawnWasm: () => EngineWorker
  /** The backends besides WASM that this host may have, fastest first. */
  readonly accelerators: readonly AcceleratorOptions[]
  /** The backends besides WASM that the user's setting allows. */
  readonly selected: () => readonly AcceleratedBackend[]
  /** Called at every change, with the selected backends that are not used. */
  readonly onState: (state: EngineState, unused: readonly UnusedBackend[]) => void
  /** Called when a backend failed or cannot be used; not called again until it is tried again. */
  readonly onFailure: (failure: BackendFailure) => void
}

interface ReadyAccelerator extends RoutedEngine {
  readonly accelerator: Accelerator
  readonly engine: AcceleratedEngine
}

/**
 * Combines several engines into one. The first accelerator that is ready answers; WASM answers until then and after it
 * fails, also in the middle of a request. The accelerators are started one after the other: the next one if the one
 * before it cannot be used. The WASM engine always answers the tokenizer's methods.
 */
export class BackendRouter implements EngineHandle {
  readonly api: EngineApi
  private readonly wasm: ReleasableEngine
  private readonly accelerators: readonly Accelerator[]
  /** Aborted when the engines are stopped together with their calls. */
  private lifetime = new AbortController()
  /** Number of calls that no engine has received yet. */
  private waitingCalls = 0
  private published: { readonly state: EngineState; readonly unused: readonly UnusedBackend[] } = {
    state: { kind: 'stopped' },
    unused: [],
  }

  constructor(private readonly options: BackendRouterOptions) {
    this.wasm = new ReleasableEngine(options.spawnWasm, () => {
      this.publish()
    })
    this.accelerators = options.accelerators.map((accelerator) => this.createAccelerator(accelerator))
    this.api = {
      ...engineApi((name) => (request, callOptions) => {
        if (ENGINE_METHODS[name] === 'tokenizer') return this.wasm.api[name](request, callOptions)
        return this.answer(callOf(request, callOptions), ({ api }) => api[name](request, callOptions))
      }),
      score: this.resumable('score'),
      lens: this.resumable('lens'),
      compare: this.resumable('compare'),
      logits: this.single('logits'),
      attribution: this.single('attribution'),
      releaseBaseline: () => this.releaseBaselines(),
    }
  }

  async restart(): Promise<void> {
    this.stopAll('The engine restarted. Run Again repeats the inspection.')
    this.lifetime = new AbortController()
    await this.wasm.restart()
  }

  async dispose(): Promise<void> {
    this.stopAll('The engine was closed.')
    await this.wasm.dispose()
  }

  /**
   * Tries the selected backends again that are not in use. Resolves when the attempts have ended; with undefined if one
   * of them failed, which `onFailure` reports.
   */
  async retry(): Promise<RetryOutcome | undefined> {
    for (const accelerator of this.selected()) accelerator.reset()
    this.startNext()
    for (let starting = this.starting(); starting !== undefined; starting = this.starting())
      await starting.ended
    if (this.selected().some(({ state }) => state.kind === 'failed')) return undefined
    return { used: this.used(), unused: this.unused() }
  }

  /** The user selected another backend: stops all but WASM. Pending requests continue. */
  backendChanged(): void {
    const isInUse = this.wasm.isLoaded || this.starting() !== undefined || this.ready() !== undefined
    for (const accelerator of this.accelerators) accelerator.stop()
    if (isInUse) this.startNext()
  }

  /** A missing device or extension may be available now: the next call tries the backend again. */
  mayBeAvailable(backend: AcceleratedBackend): void {
    for (const accelerator of this.accelerators)
      if (accelerator.backend === backend) accelerator.mayBeAvailable()
  }

  /** A method that another engine continues if the one that answers fails. */
  private resumable<M extends RowsMethod>(method: M): EngineMethod<M> {
    return (request, callOptions) => {
      const rows = new ResumableRows(method, request, callOptions)
      return this.answer(callOf(request, callOptions), (engine) => rows.runOn(engine))
    }
  }

  /** A method whose one result says if it is from another backend than the requested one. */
  private single<M extends ResultMethod>(method: M): EngineMethod<M> {
    return (request, callOptions) =>
      this.answer(callOf(request, callOptions), (engine) =>
        resultOn(engine, { method, request }, callOptions),
      )
  }

  private createAccelerator(options: AcceleratorOptions): Accelerator {
    const { backend } = options
    const accelerator = new Accelerator(options, {
      onChange: () => {
        // A native engine needs the same memory as WASM. WASM stays ready to take over from a GPU, which has its own.
        if (this.used() === 'native') this.wasm.becomeSpare()
        else this.wasm.becomeNeeded()
        const { kind } = accelerator.state
        if (kind === 'unused' || kind === 'failed') this.startNext()
        this.publish()
      },
      onFailure: (reason) => {
        this.options.onFailure({ backend, reason, used: this.used() })
      },
    })
    return accelerator
  }

  /** Ends all accelerators with their calls, and the calls that wait for one. */
  private stopAll(reason: string): void {
    this.lifetime.abort(new EngineStoppedError(reason))
    for (const accelerator of this.accelerators) accelerator.stop()
  }

  private selected(): readonly Accelerator[] {
    const selected = this.options.selected()
    return this.accelerators.filter(({ backend }) => selected.includes(backend))
  }

  /** Starts the first selected accelerator that has not been found unusable. */
  private startNext(): void {
    if (this.lifetime.signal.aborted) return
    const next = this.selected().find(({ state }) => state.kind !== 'unused' && state.kind !== 'failed')
    next?.start(this.wasm.api)
  }

  /** The accelerator that is being started, if any. */
  private starting(): StartingState | undefined {
    for (const { state } of this.accelerators) if (state.kind === 'starting') return state
    return undefined
  }

  /**
   * The engine on the named backend if it is ready, else the first engine that is. An engine on WebGPU has the files of one
   * model, so it does not answer calls about another one.
   */
  private ready({ backend, isAboutBaseline }: Partial<RoutedCall> = {}): ReadyAccelerator | undefined {
    const ready = this.accelerators.flatMap((accelerator) => {
      const { state } = accelerator
      if (state.kind !== 'ready') return []
      if (isAboutBaseline === true && accelerator.backend === 'webgpu') return []
      const { engine } = state
      const api: EngineApi = { ...engine.api, model: () => Promise.resolve(engine.model) }
      return [{ accelerator, engine, backend: accelerator.backend, api }]
    })
    return ready.find((candidate) => candidate.backend === backend) ?? ready[0]
  }

  /**
   * Any running engine may have a baseline: two models are compared on WASM while WebGPU answers everything else. An engine
   * that does not run has none, and one that fails loses it.
   */
  private async releaseBaselines(): Promise<undefined> {
    const running = this.accelerators.flatMap(({ state }) =>
      state.kind === 'ready' ? [state.engine.api] : [],
    )
    if (this.wasm.isLoaded) running.push(this.wasm.api)
    await Promise.allSettled(running.map((api) => api.releaseBaseline(undefined)))
    return undefined
  }

  /** The backend that answers now. */
  private used(): Backend {
    return this.ready()?.backend ?? 'wasm'
  }

  /** Sends a call to the chosen engine. If that fails for a reason other than the request, the next one answers. */
  private async answer<T>(call: RoutedCall, ask: (engine: RoutedEngine) => Promise<T>): Promise<T> {
    const lifetime = this.lifetime.signal
    const wasm = { backend: 'wasm', api: this.wasm.api } as const
    for (;;) {
      const { ready, answer } = await this.askChosen(call, (chosen) => ask(chosen ?? wasm))
      if (ready === undefined) return answer
      const { accelerator, engine } = ready
      try {
        return await answer
      } catch (error) {
        if (isOfRequest(error, call)) throw error
        if (error instanceof InvalidRequestError || error instanceof NonFiniteLogitsError) {
          // If WASM throws as well, the request or the weights are at fault and the other backend is not.
          const answered = await ask(wasm)
          accelerator.fail(engine, error)
          return answered
        }
        accelerator.fail(engine, asError(error))
        if (lifetime.aborted) throw error // The engine was stopped together with its requests.
      }
    }
  }

  /** Resolves with the chosen accelerator, and the answer that is on its way. */
  private async askChosen<T>(
    call: RoutedCall,
    ask: (chosen: ReadyAccelerator | undefined) => Promise<T>,
  ): Promise<{ readonly ready: ReadyAccelerator | undefined; readonly answer: Promise<T> }> {
    this.waitingCalls++
    try {
      const ready = await this.choose(call)
      return { ready, answer: ask(ready) }
    } finally {
      this.waitingCalls--
      this.publish()
    }
  }

  /**
   * The accelerator that answers a call, or undefined for WASM. Waits for a start that will be short, unless the model is
   * loaded on WASM.
   */
  private async choose(call: RoutedCall): Promise<ReadyAccelerator | undefined> {
    const { backend, signal } = call
    const lifetime = this.lifetime.signal
    for (;;) {
      if (signal?.aborted === true) throw new CancelledError()
      lifetime.throwIfAborted()
      this.startNext()
      if (backend === 'wasm') return undefined
      const ready = this.ready(call)
      const starting = this.starting()
      if (ready !== undefined || starting === undefined || this.wasm.isLoaded) return ready
      this.publish()
      const stopped = signal === undefined ? lifetime : AbortSignal.any([lifetime, signal])
      const isAwaited = await unlessAborted(starting.isAwaited, stopped)
      if (isAwaited === false) return undefined
      await unlessAborted(starting.ended, stopped)
    }
  }

  /** The selected backends that are faster than the one in use. */
  private unused(): readonly UnusedBackend[] {
    const selected = this.selected()
    const used = selected.findIndex(({ state }) => state.kind === 'ready')
    return selected
      .slice(0, used === -1 ? undefined : used)
      .flatMap(({ backend, state }): UnusedBackend[] => {
        switch (state.kind) {
          case 'unused':
            return [{ backend, reason: state.reason }]
          case 'failed':
            return [{ backend, reason: state.reason.message }]
          case 'idle':
          case 'starting':
          case 'ready':
            return []
          default:
            return assertNever(state)
        }
      })
  }

  private state(): EngineState {
    const ready = this.ready()
    if (ready !== undefined) return { kind: 'ready', model: ready.engine.model }
    return this.waitingCalls > 0 && !this.wasm.isLoaded ? { kind: 'starting' } : this.wasm.state
  }

  /** Reports the state if it has changed. */
  private publish(): void {
    const next = { state: this.state(), unused: this.unused() }
    if (isSameState(next.state, this.published.state) && isSameList(next.unused, this.published.unused))
      return
    this.published = next
    this.options.onState(next.state, next.unused)
  }
}

/** Resolves with undefined as soon as the signal aborts. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      resolve(undefined)
      return
    }
    const onAbort = () => {
      resolve(undefined)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', onAbort)
    })
  })
}

function isSameState(a: EngineState, b: EngineState): boolean {
  if (a.kind === 'ready') return b.kind === 'ready' && a.model === b.model
  return a.kind === b.kind
}

function isSameList(a: readonly UnusedBackend[], b: readonly UnusedBackend[]): boolean {
  return a.length === b.length && a.every(({ reason }, i) => reason === b[i]?.reason)
}
