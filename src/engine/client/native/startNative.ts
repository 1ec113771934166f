import type { BackendSelfTest } from '../../../shared/contracts/engine/backendSelfTest'
import type { BackendChoice } from '../../../shared/contracts/engine/backends'
import type { EngineApi } from '../../../shared/contracts/engine/engineApi'
import type { Precision } from '../../../shared/contracts/engine/prediction'
import { EngineStoppedError, NativeUnavailableError, OutOfMemoryError } from '../../../shared/errors'
import type { AcceleratorOptions, AcceleratorStart, FoundDevice, Unused } from '../accelerator'
import { connectEngine } from '../connectEngine'
import type { EngineWorker } from '../engineHandle'
import { type SelectedModel, startAccelerated } from '../startAccelerated'

/** The library of Logitscope Native. */
export type NativeLibrary =
  /** `path` is the absolute path of its `onnxruntime.cjs`. */
  | { readonly kind: 'found'; readonly path: string }
  /** `reason` says what to do, too. */
  | { readonly kind: 'missing'; readonly reason: string }

/** The model and the library that an engine in the native process is started with. */
export interface NativeEngine extends SelectedModel {
  readonly nativeLibrary: string
}

export interface NativeOptions {
  readonly choice: () => BackendChoice
  readonly selected: () => SelectedModel
  readonly library: () => NativeLibrary
  /** The processor's name. */
  readonly device: () => string
  /** Whether calls wait for the self-test too, because no one watches meanwhile. */
  readonly isSelfTestAwaited: boolean
  readonly spawnNative: (engine: NativeEngine) => EngineWorker
  readonly spawnWasm: (engine: SelectedModel) => EngineWorker
  /** Results of earlier self-tests on this machine. */
  readonly selfTests: {
    get(precision: Precision): BackendSelfTest | undefined
    set(precision: Precision, selfTest: BackendSelfTest): void
  }
  readonly log: (message: string) => void
}

/**
 * The native library, which has a self-test against WASM on each processor and in each precision. With the choice `auto`, a
 * library that is missing, cannot be loaded or does not pass is only logged; else `find` or `start` rejects with
 * NativeUnavailableError or the error of the engine.
 */
export function nativeAccelerator(options: NativeOptions): AcceleratorOptions {
  return { backend: 'native', find: () => quietly(options, () => find(options)) }
}

function find(options: NativeOptions): Promise<FoundDevice> {
  const library = options.library()
  if (library.kind === 'missing') return Promise.reject(new NativeUnavailableError(library.reason))
  const isTested = options.selfTests.get(options.selected().precision) !== undefined
  return Promise.resolve({
    kind: 'found',
    isAwaited: isTested || options.isSelfTestAwaited,
    start: (wasm, signal) =>
      quietly(options, () => startFrom({ ...options, path: library.path }, wasm, signal)),
  })
}

/** With `auto`, turns an error that WASM does not have into `unused`. */
async function quietly<T>({ choice, log }: NativeOptions, act: () => Promise<T>): Promise<T | Unused> {
  try {
    return await act()
  } catch (error) {
    const isOfNative = QUIET_ERRORS.some((ErrorClass) => error instanceof ErrorClass)
    if (choice() !== 'auto' || !isOfNative || !(error instanceof Error)) throw error
    const { cause } = error
    log(`native is not used. ${error.message}${cause instanceof Error ? ` (${cause.message})` : ''}`)
    return { kind: 'unused', reason: error.message }
  }
}

/** A process that ends during the start has a library that this machine cannot run. */
const QUIET_ERRORS = [NativeUnavailableError, EngineStoppedError, OutOfMemoryError]

function startFrom(
  options: NativeOptions & { readonly path: string },
  wasm: EngineApi,
  signal: AbortSignal,
): Promise<AcceleratorStart> {
  const { path, selfTests, spawnNative, spawnWasm } = options
  const selected = options.selected()
  const { precision } = selected
  return startAccelerated(
    {
      ...options,
      name: 'native',
      device: options.device(),
      selected,
      connect: (model) =>
        connectEngine(spawnNative({ model, precision, nativeLibrary: path }), 'native engine'),
      spawnWasm: (model) => spawnWasm({ model, precision }),
      passedSelfTest: selfTests.get(precision),
      rememberSelfTest: (selfTest) => {
        selfTests.set(precision, selfTest)
      },
      disagreement: (difference) =>
        new NativeUnavailableError(`${difference}. Set logitscope.backend to wasm, or update Logitscope.`),
    },
    wasm,
    signal,
  )
}
