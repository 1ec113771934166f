import type { AcceleratedEngine } from '../../../src/engine/client/accelerator'
import { callsOf } from '../../../src/engine/client/engineCalls'
import type { LoadedModel } from '../../../src/engine/inference/model'
import type { AcceleratedBackend } from '../../../src/shared/contracts/engine/backends'
import type { EngineApi, EngineMethods } from '../../../src/shared/contracts/engine/engineApi'
import type { ModelInfo } from '../../../src/shared/contracts/engine/prediction'
import { EngineStoppedError } from '../../../src/shared/errors'
import { RpcClient } from '../../../src/shared/rpc'
import { freshEngine, withWatchedTransformer } from '../engine/engineUnderTest'
import { InThreadWorker } from '../engine/inThreadWorker'

/** A WASM engine in place of one on another backend. It can fail in the middle of a request. */
export class FakeAccelerator implements AcceleratedEngine {
  readonly model: ModelInfo
  readonly runs: Int32Array[]
  readonly api: EngineApi
  /** Called before each run of the transformer with the number of runs before it. */
  beforeRun: (runs: number) => void = () => undefined
  isDisposed = false
  private readonly client: RpcClient<EngineMethods>
  private onEnded: (reason: Error) => void = () => undefined

  constructor(backend: AcceleratedBackend, loaded: LoadedModel, stepPositions: number) {
    this.model = { ...loaded.info, backend }
    const watched = withWatchedTransformer(loaded)
    const { transformer } = watched.model
    const run = transformer.run.bind(transformer)
    transformer.run = (...chunk) => {
      this.beforeRun(this.runs.length)
      return run(...chunk)
    }
    const runObserved = transformer.runObserved.bind(transformer)
    transformer.runObserved = (...chunk) => {
      this.beforeRun(this.runs.length)
      return runObserved(...chunk)
    }
    this.runs = watched.runs
    this.client = new RpcClient(new InThreadWorker(freshEngine(watched.model, stepPositions)).channel)
    const api = callsOf(this.client)
    this.api = {
      ...api,
      loadBaseline: async (...call) => ({ ...(await api.loadBaseline(...call)), backend }),
    }
  }

  onEnd(listener: (reason: Error) => void): void {
    this.onEnded = listener
  }

  /** Ends the engine as a loss of the device or a crash does. */
  end(reason: Error): void {
    this.client.close(reason)
    this.onEnded(reason)
  }

  dispose(): void {
    this.isDisposed = true
    this.client.close(new EngineStoppedError('It was disposed.'))
  }
}
