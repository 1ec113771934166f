import * as ort from 'onnxruntime-web'

export interface RuntimeOptions {
  /** `ort-wasm-simd-threaded.mjs`, or that of the WebGPU build. */
  readonly glue: Uint8Array
  /** The `.wasm` of the same name. */
  readonly wasm: Uint8Array
  readonly threads: number
}

/**
 * Sets ONNX Runtime up from bytes. The glue's address stays: its threads load it as well.
 * With the WASM's bytes alone the runtime would have one thread (onnxruntime-web 1.30.0).
 */
export function configureRuntime({ glue, wasm, threads }: RuntimeOptions): void {
  ort.env.wasm.numThreads = threads
  ort.env.wasm.wasmBinary = wasm
  ort.env.wasm.wasmPaths = { mjs: URL.createObjectURL(new Blob([glue], { type: 'text/javascript' })) }
}
