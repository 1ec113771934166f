import { ENGINE_METHODS, type EngineApi, type EngineState } from '../../../shared/contracts/engine/engineApi'
import { weightMemoryBytes } from '../../../shared/text/modelText'
import { engineApi } from '../engineCalls'
import { createEngine, type EngineHandle, type EngineWorker } from '../engineHandle'

/**
 * How long the engine keeps a model that another engine has loaded too. A view that this engine began asks it for one
 * window after the other, and between two of them no call is pending.
 */
const RELEASE_DELAY_MS = 10_000

/** Weights of a second model whose memory is worth a restart, which loads the engine's own model again. */
const MIN_BASELINE_BYTES = 100e6

/**
 * An engine whose model is released while another engine answers, and after a comparison with a large model: the memory of
 * WASM never shrinks, so only a new thread gives it back.
 */
export class ReleasableEngine implements EngineHandle {
  readonly api: EngineApi
  private readonly engine: EngineHandle
  private current: EngineState = { kind: 'stopped' }
  private pendingCalls = 0
  private isSpare = false
  /** Bytes of the largest second model since the last release of one. */
  private baselineBytes = 0
  /** Whether the thread keeps memory that only a comparison needed. */
  private isOutgrown = false
  private release: ReturnType<typeof setTimeout> | undefined

  /** @param onChange called at every change of the state */
  constructor(spawn: () => EngineWorker, onChange: () => void) {
    this.engine = createEngine(spawn, (state) => {
      this.current = state
      onChange()
    })
    const calls = engineApi((name) => async (request, options) => {
      this.pendingCalls++
      if (ENGINE_METHODS[name] === 'model') this.cancelRelease()
      try {
        return await this.engine.api[name](request, options)
      } finally {
        this.pendingCalls--
        this.releaseLater()
      }
    })
    this.api = {
      ...calls,
      loadBaseline: async (...call) => {
        this.isOutgrown = false
        const baseline = await calls.loadBaseline(...call)
        const bytes = weightMemoryBytes(baseline, baseline.precision)
        this.baselineBytes = Math.max(this.baselineBytes, bytes)
        return baseline
      },
      releaseBaseline: async (...call) => {
        this.isOutgrown ||= this.baselineBytes >= MIN_BASELINE_BYTES
        this.baselineBytes = 0
        return calls.releaseBaseline(...call)
      },
    }
  }

  get state(): EngineState {
    return this.current
  }

  /** Whether the model is loaded or being loaded. */
  get isLoaded(): boolean {
    return this.current.kind === 'ready' || this.current.kind === 'starting'
  }

  /** Another engine answers: the model is released after its last call. */
  becomeSpare(): void {
    this.isSpare = true
    this.releaseLater()
  }

  /** No other engine answers: the model is kept. */
  becomeNeeded(): void {
    this.isSpare = false
    this.cancelRelease()
  }

  async restart(): Promise<void> {
    this.cancelRelease()
    await this.engine.restart()
  }

  async dispose(): Promise<void> {
    this.becomeNeeded()
    await this.engine.dispose()
  }

  private releaseLater(): void {
    if (!(this.isSpare || this.isOutgrown) || !this.isLoaded) return
    this.release ??= setTimeout(() => {
      this.release = undefined
      if (this.pendingCalls === 0) this.releaseNow()
    }, RELEASE_DELAY_MS)
  }

  private releaseNow(): void {
    this.isOutgrown = false
    void this.engine.restart()
    // Starts the tokenizer in the new thread, so that the next call does not wait for it.
    this.engine.api.tokenize({ text: '' }).catch(() => undefined)
  }

  private cancelRelease(): void {
    clearTimeout(this.release)
    this.release = undefined
  }
}
