import type { AcceleratedBackend } from '../../shared/contracts/engine/backends'
import type { EngineApi } from '../../shared/contracts/engine/engineApi'
import type { ModelInfo } from '../../shared/contracts/engine/prediction'
import { NativeUnavailableError, WebGpuUnavailableError } from '../../shared/errors'

/** An engine on another backend than WASM that has loaded its model and passed the self-test against WASM. */
export interface AcceleratedEngine {
  readonly api: EngineApi
  readonly model: ModelInfo
  /** Calls back when the engine has ended without `dispose`. */
  onEnd(listener: (reason: Error) => void): void
  dispose(): void
}

/** Nothing failed, but the backend is unavailable, not installed, or unable to load the model. */
export interface Unused {
  readonly kind: 'unused'
  /** Says what to do, too. */
  readonly reason: string
}

export type AcceleratorStart = { readonly kind: 'started'; readonly engine: AcceleratedEngine } | Unused

export interface FoundDevice {
  readonly kind: 'found'
  /** Whether calls wait for the start instead of loading the model on WASM as well: a start without a self-test is short. */
  readonly isAwaited: boolean
  /**
   * Runs the self-test of the backend against WASM if that is still to do, and loads the model.
   * @param wasm the WASM engine of the selected model
   */
  readonly start: (wasm: EngineApi, signal: AbortSignal) => Promise<AcceleratorStart>
}

/** One backend besides WASM, as the router starts it. */
export interface AcceleratorOptions {
  readonly backend: AcceleratedBackend
  /** Looks for the device. Rejects if the backend is required but cannot be used. */
  readonly find: () => Promise<FoundDevice | Unused>
}

export type AcceleratorState =
  /** The next call starts it. */
  | { readonly kind: 'idle' }
  | StartingState
  | { readonly kind: 'ready'; readonly engine: AcceleratedEngine }
  | Unused
  | { readonly kind: 'failed'; readonly reason: Error }

export interface StartingState {
  readonly kind: 'starting'
  readonly cancel: AbortController
  /** Whether calls wait for `ended`: the start will be short, or has ended already. */
  readonly isAwaited: Promise<boolean>
  /** Resolves when the start has ended in another state, or was cancelled. */
  readonly ended: Promise<void>
}

export interface AcceleratorListener {
  /** Called after every transition. */
  onChange(): void
  /** Called after a transition to `failed`. */
  onFailure(reason: Error): void
}

/** The state machine of one backend besides WASM: idle → starting → ready, unused or failed. */
export class Accelerator {
  readonly backend: AcceleratedBackend
  private current: AcceleratorState = { kind: 'idle' }

  constructor(
    private readonly options: AcceleratorOptions,
    private readonly listener: AcceleratorListener,
  ) {
    this.backend = options.backend
  }

  get state(): AcceleratorState {
    return this.current
  }

  /** idle → starting. */
  start(wasm: EngineApi): void {
    if (this.current.kind !== 'idle') return
    const cancel = new AbortController()
    const { signal } = cancel
    const found = this.options.find()
    const started = found.then((device) => (device.kind === 'found' ? device.start(wasm, signal) : device))
    const cancelled = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => {
        resolve()
      })
    })
    const isAwaited = found.then(
      (device) => device.kind === 'unused' || device.isAwaited,
      () => true,
    )
    const ended = Promise.race([this.finish(started, signal), cancelled])
    this.become({ kind: 'starting', cancel, isAwaited, ended })
  }

  /** ready → failed, if the engine is the one in use: its end and its failed calls all come here. */
  fail(engine: AcceleratedEngine, reason: Error): void {
    if (this.current.kind !== 'ready' || this.current.engine !== engine) return
    this.becomeFailed(reason)
    engine.dispose()
  }

  /** Any state → idle. Cancels a start; calls of an engine are rejected with EngineStoppedError. */
  stop(): void {
    const { current } = this
    this.become({ kind: 'idle' })
    if (current.kind === 'starting') current.cancel.abort()
    if (current.kind === 'ready') current.engine.dispose()
  }

  /** unused or failed → idle. */
  reset(): void {
    if (this.current.kind === 'unused' || this.current.kind === 'failed') this.become({ kind: 'idle' })
  }

  /** unused → idle, and failed → idle if it was missing. An engine that crashed would probably crash again. */
  mayBeAvailable(): void {
    const { current } = this
    const isMissing = current.kind === 'failed' && isMissingError(current.reason)
    if (current.kind === 'unused' || isMissing) this.become({ kind: 'idle' })
  }

  /** starting → ready, unused or failed. A start that ends after it was cancelled changes nothing. */
  private async finish(started: Promise<AcceleratorStart>, signal: AbortSignal): Promise<void> {
    try {
      const result = await started
      if (signal.aborted) {
        if (result.kind === 'started') result.engine.dispose()
      } else if (result.kind === 'unused') this.become(result)
      else this.becomeReady(result.engine)
    } catch (error) {
      if (!signal.aborted) this.becomeFailed(asError(error))
    }
  }

  private becomeReady(engine: AcceleratedEngine): void {
    this.become({ kind: 'ready', engine })
    engine.onEnd((reason) => {
      this.fail(engine, reason)
    })
  }

  private becomeFailed(reason: Error): void {
    this.become({ kind: 'failed', reason })
    this.listener.onFailure(reason)
  }

  private become(next: AcceleratorState): void {
    this.current = next
    this.listener.onChange()
  }
}

/** Whether the backend is missing, and may be installed later. */
function isMissingError(reason: Error): boolean {
  return reason instanceof WebGpuUnavailableError || reason instanceof NativeUnavailableError
}

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
