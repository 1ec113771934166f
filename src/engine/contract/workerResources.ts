// What the engine's worker on the web is given by whoever started it: it has no files of its own.

import type { ModelOutline } from '../../model/gpt2/modelOutline'
import type { Backend } from '../../shared/contracts/prediction'

/** ONNX Runtime's WASM and the code around it: that with WebGPU in it is twice as large. */
export const RUNTIMES = {
  wasm: 'ort-wasm-simd-threaded',
  webgpu: 'ort-wasm-simd-threaded.asyncify',
} as const satisfies Record<Backend, string>

type Runtime = (typeof RUNTIMES)[Backend]

/** A file of dist/. */
export type AssetName =
  'engineWorker.web.js' | 'tiktoken_bg.wasm' | 'gpt2.json' | `${Runtime}.mjs` | `${Runtime}.wasm`

/** Asked for when they are needed; what they give is given away. */
export interface WorkerResources {
  readonly asset: (name: AssetName) => Promise<Uint8Array>
  /** Rejects with ModelFilesError where the model is not there. */
  readonly model: () => Promise<ModelOutline>
  readonly part: (file: string, index: number) => Promise<Uint8Array>
}

/** The model as it crosses, from one host to another as well. */
export interface ModelResources {
  model: { request: undefined; progress: never; result: ModelOutline }
  part: { request: { readonly file: string; readonly index: number }; progress: never; result: Uint8Array }
}

/** All of it as it crosses to the worker, which is the one that calls. */
export interface ResourceMethods extends ModelResources {
  asset: { request: AssetName; progress: never; result: Uint8Array }
}
