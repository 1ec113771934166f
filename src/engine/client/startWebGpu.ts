import type { GpuAdapter } from '../../shared/contracts/companionApi'
import { type BackendCheck, type BackendChoice, passes } from '../../shared/contracts/backendCheck'
import type { EngineApi, EngineMethods } from '../../shared/contracts/engineApi'
import {
  EngineStoppedError,
  MissingTensorsError,
  ModelConfigError,
  ModelFilesError,
  SafetensorsError,
  TensorMismatchError,
  WebGpuUnavailableError,
} from '../../shared/errors'
import { formatDelta } from '../../shared/text/format'
import { DEFAULT_MODEL_ID, type Precision } from '../../shared/contracts/prediction'
import { RpcClient } from '../../shared/rpc'
import type { WebGpuEngine } from './backendRouter'
import { compareBackends } from './compareBackends'
import { callsOf } from './engineCalls'
import { createEngine, type EngineWorker } from './engineHandle'

export interface WebGpuOptions {
  readonly choice: () => BackendChoice
  /** What is to be run, as the settings name it. */
  readonly selected: () => { readonly model: string; readonly precision: Precision }
  /** Rejects with WebGpuUnavailableError where there is none, or nobody who could tell. */
  readonly adapter: () => Promise<GpuAdapter>
  readonly spawnWebGpu: (model: string) => EngineWorker
  readonly spawnWasm: (model: string) => EngineWorker
  /** What was found out before on this machine. */
  readonly checks: {
    get(adapter: GpuAdapter): BackendCheck | undefined
    set(adapter: GpuAdapter, check: BackendCheck): void
  }
  readonly log: (message: string) => void
}

/**
 * An engine on the GPU, after it has been compared to `wasm`, which runs the selected model; undefined where there is
 * none to be had or none is wanted.
 * @throws WebGpuUnavailableError where WebGPU is wanted and not there, or is wrong, and what the engine throws
 */
export async function startWebGpu(
  parts: WebGpuOptions,
  wasm: EngineApi,
  signal: AbortSignal,
): Promise<WebGpuEngine | undefined> {
  const { model, precision } = parts.selected()
  if (parts.choice() === 'wasm') return undefined
  if (precision !== 'fp32') {
    parts.log(`${precision} runs on WASM only.`)
    return undefined
  }
  const adapter = await findAdapter(parts)
  if (adapter === undefined) return undefined

  const check = parts.checks.get(adapter) ?? (await compare(parts, adapter, wasm, signal))
  if (!passes(check)) {
    throw new WebGpuUnavailableError(
      `On this GPU (${adapter.name}) log-probabilities are off by up to ${formatDelta(check.maxDelta)}.`,
    )
  }
  const engine = connect(parts.spawnWebGpu(model))
  try {
    const info = await engine.api.model(undefined, { signal })
    parts.log(`${info.id} is loaded on ${adapter.name}.`)
    return { ...engine, model: { ...info, check } }
  } catch (error) {
    engine.dispose()
    if (!FAULTS_OF_THE_MODEL.some((ErrorClass) => error instanceof ErrorClass)) throw error
    return undefined
  }
}

/** WASM says the same of them, to whoever asks. */
const FAULTS_OF_THE_MODEL = [
  ModelFilesError,
  SafetensorsError,
  ModelConfigError,
  MissingTensorsError,
  TensorMismatchError,
]

/** `auto` takes no GPU that is only fake, and no GPU is no fault then. */
async function findAdapter({ choice, adapter, log }: WebGpuOptions): Promise<GpuAdapter | undefined> {
  const isAutomatic = choice() === 'auto'
  try {
    const found = await adapter()
    if (found.isSoftware && isAutomatic) {
      log(`${found.name} is no real GPU, so WASM computes.`)
      return undefined
    }
    return found
  } catch (error) {
    if (!isAutomatic || !(error instanceof WebGpuUnavailableError)) throw error
    log(error.message)
    return undefined
  }
}

/** Compares the two on the embedded model, and keeps what was found where it is good. */
async function compare(
  { selected, spawnWebGpu, spawnWasm, checks, log }: WebGpuOptions,
  adapter: GpuAdapter,
  selectedOnWasm: EngineApi,
  signal: AbortSignal,
): Promise<BackendCheck> {
  const webgpu = connect(spawnWebGpu(DEFAULT_MODEL_ID))
  const own =
    selected().model === DEFAULT_MODEL_ID ? undefined : createEngine(() => spawnWasm(DEFAULT_MODEL_ID))
  try {
    const result = await compareBackends(own?.api ?? selectedOnWasm, webgpu.api, signal)
    const check = { adapter: adapter.name, ...result }
    const { wasm: wasmMs, webgpu: webgpuMs } = check.milliseconds
    log(
      `Checked WebGPU on ${adapter.name}: max |Δ log-prob| ${formatDelta(check.maxDelta)}, ` +
        `${webgpuMs.toFixed(0)} ms where WASM takes ${wasmMs.toFixed(0)}.`,
    )
    if (passes(check)) checks.set(adapter, check)
    return check
  } finally {
    webgpu.dispose()
    await own?.dispose()
  }
}

/** An engine that is not started anew when it has ended. */
function connect(worker: EngineWorker): Omit<WebGpuEngine, 'model'> {
  const client = new RpcClient<EngineMethods>(worker.channel)
  let onEnd: (reason: Error) => void = () => undefined
  worker.onStop((cause) => {
    const reason = new EngineStoppedError(`The engine on the GPU has ended: ${cause.message}.`, { cause })
    client.close(reason)
    onEnd(reason)
  })
  return {
    api: callsOf(client),
    onEnd: (listener) => {
      onEnd = listener
    },
    dispose: () => {
      void worker.terminate()
    },
  }
}
