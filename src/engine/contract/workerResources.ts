// The files that the engine's worker on the web requests from the host that started it; it cannot read files itself.

import type { ModelOutline } from '../../model/gpt2/modelOutline'
import type { WebBackend } from './webWorkerStart'

/** The names of ONNX Runtime's builds. The one with WebGPU is twice as large. */
export const RUNTIMES = {
  wasm: 'ort-wasm-simd-threaded',
  webgpu: 'ort-wasm-simd-threaded.asyncify',
} as const satisfies Record<WebBackend, string>

type Runtime = (typeof RUNTIMES)[WebBackend]

/** A file of dist/. */
export type AssetName =
  'engineWorker.web.js' | 'tiktoken_bg.wasm' | 'gpt2.json' | `${Runtime}.mjs` | `${Runtime}.wasm`

/** Functions that read the files of one model on demand. The caller owns the returned bytes. */
export interface ModelSource {
  /** Rejects with ModelFilesError if the model is missing. */
  readonly model: () => Promise<ModelOutline>
  readonly part: (file: string, index: number) => Promise<Uint8Array>
}

/** Functions that read resources on demand. The caller owns the returned bytes. */
export interface WorkerResources {
  readonly asset: (name: AssetName) => Promise<Uint8Array>
  /** The files of a model by its id: the engine's own, or one to compare with. */
  readonly modelOf: (id: string) => ModelSource
}

/** RPC methods for the files of one model, between two extension hosts. */
export interface ModelResources {
  model: { request: undefined; progress: never; result: ModelOutline }
  part: { request: { readonly file: string; readonly index: number }; progress: never; result: Uint8Array }
}

/** RPC methods that the worker calls. */
export interface ResourceMethods {
  asset: { request: AssetName; progress: never; result: Uint8Array }
  model: { request: { readonly id: string }; progress: never; result: ModelOutline }
  part: {
    request: { readonly id: string; readonly file: string; readonly index: number }
    progress: never
    result: Uint8Array
  }
}
