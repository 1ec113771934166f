import type { GpuAdapter } from '../../../shared/contracts/engine/companionApi'
import type { BackendSelfTest } from '../../../shared/contracts/engine/backendSelfTest'
import type { BackendChoice } from '../../../shared/contracts/engine/backends'
import type { EngineApi } from '../../../shared/contracts/engine/engineApi'
import { MalformedAnswerError, OutOfMemoryError, WebGpuUnavailableError } from '../../../shared/errors'
import type { ModelInfo } from '../../../shared/contracts/engine/prediction'
import type { AcceleratorOptions, FoundDevice, Unused } from '../accelerator'
import { validatedEngine } from '../selfTest/validatedEngine'
import { connectEngine } from '../connectEngine'
import type { EngineWorker } from '../engineHandle'
import { type SelectedModel, startAccelerated } from '../startAccelerated'

/** Where an engine on WebGPU runs. */
export interface WebGpuPlace {
  /** Rejects with WebGpuUnavailableError if there is no adapter, or no companion that could find it. */
  readonly adapter: () => Promise<GpuAdapter>
  readonly spawnWebGpu: (model: string) => EngineWorker
  /**
   * `window`: the browser's WebGPU; the companion runs the engine, and any extension can take its place, so the answers are
   * checked. `process`: the native library in Logitscope's own process.
   */
  readonly kind: 'window' | 'process'
}

export interface WebGpuOptions {
  readonly choice: () => BackendChoice
  readonly selected: () => SelectedModel
  /** Called at every start. */
  readonly place: () => WebGpuPlace
  readonly spawnWasm: (model: string) => EngineWorker
  /** Results of earlier self-tests on this machine. */
  readonly selfTests: {
    get(adapter: GpuAdapter): BackendSelfTest | undefined
    set(adapter: GpuAdapter, selfTest: BackendSelfTest): void
  }
  readonly log: (message: string) => void
}

/**
 * WebGPU, which has a self-test against WASM on each adapter. `find` rejects with WebGpuUnavailableError if WebGPU is required
 * but unavailable. `start` rejects with it if the numbers are wrong, with MalformedAnswerError if the answers cannot be
 * right or another model than WASM's was loaded, and with the errors of the engine.
 */
export function webGpuAccelerator(options: WebGpuOptions): AcceleratorOptions {
  return { backend: 'webgpu', find: () => find(options) }
}

async function find(options: WebGpuOptions): Promise<FoundDevice | Unused> {
  const { precision } = options.selected()
  if (precision !== 'fp32')
    return unused(
      options,
      `${precision} does not run on WebGPU. Run Logitscope: Switch Precision to use WebGPU.`,
    )
  const isAutomatic = options.choice() === 'auto'
  try {
    const place = options.place()
    const adapter = await place.adapter()
    if (adapter.isSoftware && isAutomatic)
      return unused(
        options,
        `${adapter.name} is a software adapter. Set logitscope.backend to webgpu to use it anyway.`,
      )
    // Not awaited: the shaders have to be compiled, and WASM loads the model anyway to compare it.
    return {
      kind: 'found',
      isAwaited: false,
      start: (wasm, signal) => startOn({ ...options, place, adapter }, wasm, signal),
    }
  } catch (error) {
    if (!isAutomatic || !(error instanceof WebGpuUnavailableError)) throw error
    return unused(options, error.message)
  }
}

function unused({ log }: WebGpuOptions, reason: string): Unused {
  log(`WebGPU is not used. ${reason}`)
  return { kind: 'unused', reason }
}

interface FoundWebGpu extends Omit<WebGpuOptions, 'place'> {
  readonly place: WebGpuPlace
  readonly adapter: GpuAdapter
}

function startOn(options: FoundWebGpu, wasm: EngineApi, signal: AbortSignal) {
  const { adapter, selfTests, place } = options
  const isOwn = place.kind === 'process'
  return startAccelerated(
    {
      ...options,
      name: 'WebGPU',
      device: adapter.name,
      selected: options.selected(),
      connect: (model) => {
        const connection = connectEngine(place.spawnWebGpu(model), 'engine on the GPU')
        return isOwn ? connection : { ...connection, api: validatedEngine(connection.api) }
      },
      passedSelfTest: selfTests.get(adapter),
      rememberSelfTest: (selfTest) => {
        selfTests.set(adapter, selfTest)
      },
      disagreement: (difference) =>
        new WebGpuUnavailableError(`${difference}. Update the graphics driver, then retry the backend.`),
      ...(isOwn
        ? { whyUnused: (selfTest) => (options.choice() === 'auto' ? whySlow(selfTest) : undefined) }
        : { verify: (onGpu) => requireSameModel(onGpu, wasm, signal) }),
    },
    wasm,
    signal,
  )
}

/** The driver of a software adapter may not be known as one, but it is slower than WASM. */
function whySlow({ device, milliseconds: { wasm, accelerated } }: BackendSelfTest): string | undefined {
  if (accelerated < wasm) return undefined
  const times = `${accelerated.toFixed(0)} ms where WASM takes ${wasm.toFixed(0)}`
  return `${device} is slower than WASM: ${times}. Set logitscope.backend to webgpu to use it anyway.`
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
    `On the GPU, ${other} of the model differs from that on WASM. Reload the window, then retry the backend.`,
  )
}
