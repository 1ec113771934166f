import type { GpuAdapter } from '../../shared/contracts/companionApi'
import { type BackendCheck, type BackendChoice, MAX_DELTA, passes } from '../../shared/contracts/backendCheck'
import type { EngineApi, EngineMethods } from '../../shared/contracts/engineApi'
import {
  EngineStoppedError,
  MalformedAnswerError,
  MissingTensorsError,
  ModelConfigError,
  ModelFilesError,
  OutOfMemoryError,
  SafetensorsError,
  TensorMismatchError,
  WebGpuUnavailableError,
} from '../../shared/errors'
import { formatDelta } from '../../shared/text/format'
import { DEFAULT_MODEL_ID, type ModelInfo, type Precision } from '../../shared/contracts/prediction'
import { RpcClient } from '../../shared/rpc'
import type { WebGpuEngine, WebGpuStart } from './backendRouter'
import { checkedEngine } from './checkedEngine'
import { compareBackends } from './compareBackends'
import { callsOf } from './engineCalls'
import { createEngine, type EngineWorker } from './engineHandle'

export interface WebGpuOptions {
  readonly choice: () => BackendChoice
  /** The selected model and precision. */
  readonly selected: () => { readonly model: string; readonly precision: Precision }
  /** Rejects with WebGpuUnavailableError if there is no adapter, or no companion that could find it. */
  readonly adapter: () => Promise<GpuAdapter>
  readonly spawnWebGpu: (model: string) => EngineWorker
  readonly spawnWasm: (model: string) => EngineWorker
  /** Results of earlier checks on this machine. */
  readonly checks: {
    get(adapter: GpuAdapter): BackendCheck | undefined
    set(adapter: GpuAdapter, check: BackendCheck): void
  }
  readonly log: (message: string) => void
}

/**
 * Starts an engine on the GPU after checking the GPU against WASM.
 * @param wasm the WASM engine of the selected model
 * @throws WebGpuUnavailableError if WebGPU is required but unavailable, or if its numbers are wrong
 * @throws MalformedAnswerError if its answers cannot be right, or if it loaded another model than WASM
 * @throws the errors of the engine
 */
export async function startWebGpu(
  options: WebGpuOptions,
  wasm: EngineApi,
  signal: AbortSignal,
): Promise<WebGpuStart> {
  const { model, precision } = options.selected()
  const choice = options.choice()
  if (choice === 'wasm' || choice === 'native')
    return unused(options, `The setting logitscope.backend is ${choice}. Set it to auto to use WebGPU.`)
  if (precision !== 'fp32')
    return unused(
      options,
      `${precision} runs on WASM only. Run Logitscope: Use fp32 Precision to use WebGPU.`,
    )
  const found = await findAdapter(options)
  if (found.kind === 'unused') return found

  const { adapter } = found
  const check = options.checks.get(adapter) ?? (await compare(options, adapter, wasm, signal))
  if (!passes(check)) {
    throw new WebGpuUnavailableError(
      `On ${adapter.name}, log-probabilities differ from those on WASM by up to ${formatDelta(check.maxDelta)}, more than ${formatDelta(MAX_DELTA)}. Update the graphics driver, then retry WebGPU.`,
    )
  }
  const engine = connect(options.spawnWebGpu(model))
  try {
    const info = await engine.api.model(undefined, { signal })
    await requireSameModel(info, wasm, signal)
    options.log(`${info.id} is loaded on ${adapter.name}.`)
    return { kind: 'started', engine: { ...engine, model: { ...info, check } } }
  } catch (error) {
    engine.dispose()
    if (!(error instanceof Error && MODEL_ERRORS.some((ErrorClass) => error instanceof ErrorClass)))
      throw error
    return unused(options, error.message)
  }
}

function unused({ log }: WebGpuOptions, reason: string): WebGpuUnused {
  log(`Using WASM instead of WebGPU. ${reason}`)
  return { kind: 'unused', reason }
}

type WebGpuUnused = Extract<WebGpuStart, { readonly kind: 'unused' }>

/** Errors that WASM reports as well, so WebGPU does not report them. */
const MODEL_ERRORS = [
  ModelFilesError,
  SafetensorsError,
  ModelConfigError,
  MissingTensorsError,
  TensorMismatchError,
]

/** With `auto`, a software adapter is not used, and a missing adapter is not an error. */
async function findAdapter(
  options: WebGpuOptions,
): Promise<WebGpuUnused | { readonly kind: 'found'; readonly adapter: GpuAdapter }> {
  const isAutomatic = options.choice() === 'auto'
  try {
    const adapter = await options.adapter()
    if (!adapter.isSoftware || !isAutomatic) return { kind: 'found', adapter }
    return unused(
      options,
      `${adapter.name} is a software adapter. Set logitscope.backend to webgpu to use it anyway.`,
    )
  } catch (error) {
    if (!isAutomatic || !(error instanceof WebGpuUnavailableError)) throw error
    return unused(options, error.message)
  }
}

/** Compares the backends on the embedded model, and stores the result if it passes. */
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

/** The fields of `ModelInfo` that do not depend on the backend. */
const SAME_ON_BOTH = [
  'id',
  'description',
  'fingerprint',
  'parameters',
  'precision',
  'nLayer',
  'nHead',
  'nEmbd',
  'nPositions',
  'vocabularySize',
] as const satisfies readonly (keyof ModelInfo)[]

/** A model that is too large for WASM is not compared. */
async function requireSameModel(onGpu: ModelInfo, wasm: EngineApi, signal: AbortSignal): Promise<void> {
  const onWasm = await wasm.model(undefined, { signal }).catch((error: unknown) => {
    if (error instanceof OutOfMemoryError) return undefined
    throw error
  })
  if (onWasm === undefined) return
  const textOf = ({ remarks }: ModelInfo) => remarks.join('\n')
  const other =
    textOf(onGpu) === textOf(onWasm) ? SAME_ON_BOTH.find((name) => onGpu[name] !== onWasm[name]) : 'remarks'
  if (other === undefined) return
  throw new MalformedAnswerError(
    `On the GPU, ${other} of the model differs from that on WASM. Reload the window, then retry WebGPU.`,
  )
}

/** Connects to an engine that is not restarted after it has ended. */
function connect(worker: EngineWorker): Omit<WebGpuEngine, 'model'> {
  const client = new RpcClient<EngineMethods>(worker.channel)
  let onEnd: (reason: Error) => void = () => undefined
  worker.onStop((cause) => {
    const reason = new EngineStoppedError(`The engine on the GPU has ended: ${cause.message}.`, { cause })
    client.close(reason)
    onEnd(reason)
  })
  return {
    api: checkedEngine(callsOf(client)),
    onEnd: (listener) => {
      onEnd = listener
    },
    dispose: () => {
      void worker.terminate()
    },
  }
}
