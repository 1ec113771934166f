import type { AcceleratorStart, FoundDevice, Unused } from '../../../src/engine/client/accelerator'
import { BackendRouter } from '../../../src/engine/client/router/backendRouter'
import type { LoadedModel } from '../../../src/engine/inference/model'
import type { AcceleratedBackend } from '../../../src/shared/contracts/engine/backends'
import type { EngineState } from '../../../src/shared/contracts/engine/engineApi'
import { FakeAccelerator } from './fakeAccelerator'
import { freshEngine, scoreEverything, withWatchedTransformer } from '../engine/engineUnderTest'
import { InThreadWorker } from '../engine/inThreadWorker'

/** `REQUEST` takes five steps. */
export const STEP_POSITIONS = 2
export const REQUEST = scoreEverything(Int32Array.from({ length: 10 }, (_, i) => 40_000 - 17 * i))

/** One backend of the router besides WASM, with a fake engine. */
export class BackendUnderTest {
  engine: FakeAccelerator
  starts = 0
  isAwaited = false
  find: () => Promise<FoundDevice | Unused>
  start: () => Promise<AcceleratorStart>

  constructor(
    readonly backend: AcceleratedBackend,
    private readonly model: LoadedModel,
  ) {
    this.engine = new FakeAccelerator(backend, model, STEP_POSITIONS)
    this.start = () => Promise.resolve(started(this.engine))
    this.find = () => Promise.resolve({ kind: 'found', isAwaited: this.isAwaited, start: () => this.start() })
  }

  /** The next start has an engine that has not failed. */
  replaceEngine(): void {
    this.engine = new FakeAccelerator(this.backend, this.model, STEP_POSITIONS)
  }

  /** The engine fails after `runs` steps. */
  failAfter(runs: number, error: Error): void {
    this.engine.beforeRun = (before) => {
      if (before === runs) throw error
    }
  }

  isUnused(reason: string): void {
    this.find = () => Promise.resolve({ kind: 'unused', reason })
  }

  cannotBeFound(reason: Error): void {
    this.find = () => Promise.reject(reason)
  }
}

/** The router over a real WASM engine in this thread and fakes of the other backends. */
export class RouterUnderTest {
  readonly webgpu: BackendUnderTest
  readonly native: BackendUnderTest
  readonly wasmModel: LoadedModel
  readonly wasmRuns: Int32Array[]
  readonly wasmWorkers: InThreadWorker[] = []
  readonly states: string[] = []
  readonly failures: string[] = []
  /** `backend: reason` of the selected backends that are not used. */
  unused: readonly string[] = []
  selected: readonly AcceleratedBackend[] = ['webgpu']
  readonly router: BackendRouter

  constructor(mini: LoadedModel) {
    this.webgpu = new BackendUnderTest('webgpu', mini)
    this.native = new BackendUnderTest('native', mini)
    const { model, runs } = withWatchedTransformer(mini)
    this.wasmModel = model
    this.wasmRuns = runs
    this.router = new BackendRouter({
      spawnWasm: () => {
        const worker = new InThreadWorker(freshEngine(model, STEP_POSITIONS))
        this.wasmWorkers.push(worker)
        return worker
      },
      accelerators: [this.webgpu, this.native].map((tested) => ({
        backend: tested.backend,
        find: () => {
          tested.starts++
          return tested.find()
        },
      })),
      selected: () => this.selected,
      onState: (state, unused) => {
        this.states.push(stateText(state))
        this.unused = unused.map(({ backend, reason }) => `${backend}: ${reason}`)
      },
      onFailure: ({ backend, used, reason }) => {
        this.failures.push(`${backend} → ${used}: ${reason.message}`)
      },
    })
  }

  /** The backend that answers now. */
  async backend(): Promise<string> {
    return (await this.router.api.model(undefined)).backend
  }
}

export function started(engine: FakeAccelerator): AcceleratorStart {
  return { kind: 'started', engine }
}

/** A promise that a test resolves. */
export function pending<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined
  const promise = new Promise<T>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

function stateText(state: EngineState): string {
  return state.kind === 'ready' ? `ready: ${state.model.backend}` : state.kind
}
