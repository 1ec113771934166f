// Loads models in this thread. The runtimes are the product's; the native one is native/dist (`npm run native`).

import { fileURLToPath } from 'node:url'
import { loadModelFolder } from '../../../src/engine/inference/loadModelFolder'
import type { InferenceOptions, LoadedModel } from '../../../src/engine/inference/model'
import { openNative } from '../../../src/engine/runtime/native/nativeRuntime'
import type { Runtime } from '../../../src/engine/runtime/runtime'
import { configureWasm, WASM_RUNTIME } from '../../../src/engine/runtime/wasm/wasmRuntime'
import type { ModelLocation } from '../../../src/shared/contracts/engine/engineApi'
import type { Backend, Precision } from '../../../src/shared/contracts/engine/prediction'

/** What `npm run build` makes, with a slash at its end. */
export const DIST = fileURLToPath(new URL('../../../dist/', import.meta.url))

/** The native library of this machine. */
export const NATIVE_LIBRARY = fileURLToPath(new URL('../../../native/dist/onnxruntime.cjs', import.meta.url))

/** The backends that compute on the CPU. */
export const CPU_BACKENDS = ['wasm', 'native'] as const satisfies readonly Backend[]
export type CpuBackend = (typeof CPU_BACKENDS)[number]

configureWasm(fileURLToPath(new URL('../../../node_modules/onnxruntime-web/dist/', import.meta.url)), 1)

interface Loading extends Pick<InferenceOptions, 'beside' | 'signal' | 'turn'> {
  /** Default: wasm. */
  readonly backend?: CpuBackend
  /** Default: fp32. */
  readonly precision?: Precision
  /** Default: 1. */
  readonly threads?: number
  readonly cacheFolder?: string
}

/** Loads a model as the engine does. */
export function loadModel(
  location: ModelLocation,
  { backend = 'wasm', precision = 'fp32', threads = 1, cacheFolder, ...beside }: Loading = {},
): Promise<LoadedModel> {
  return loadModelFolder(location, {
    ...beside,
    backend,
    precision,
    threads,
    ...(cacheFolder !== undefined && { cacheFolder }),
    openRuntime: () => openCpuRuntime(backend, { precision, threads }),
  })
}

/** The runtime of this thread. */
export function openCpuRuntime(
  backend: CpuBackend,
  { precision = 'fp32', threads = 1 }: Pick<Loading, 'precision' | 'threads'> = {},
): Promise<Runtime> {
  return backend === 'wasm'
    ? Promise.resolve(WASM_RUNTIME)
    : openNative({ library: NATIVE_LIBRARY, threads, precision })
}
