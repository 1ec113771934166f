import * as ort from 'onnxruntime-web'

export interface RuntimeOptions {
  /** `ort-wasm-simd-threaded.mjs`, or the file of the WebGPU build. */
  readonly glue: Uint8Array
  /** The `.wasm` of the same name. */
  readonly wasm: Uint8Array
  readonly threads: number
}

/**
 * Configures ONNX Runtime from bytes. The glue's URL is never revoked, because the runtime's threads load it too.
 * Without the glue the runtime would use only one thread (onnxruntime-web 1.30.0).
 */
export function configureRuntime({ glue, wasm, threads }: RuntimeOptions): void {
  ort.env.wasm.numThreads = threads
  ort.env.wasm.wasmBinary = wasm
  ort.env.wasm.wasmPaths = { mjs: URL.createObjectURL(new Blob([glue], { type: 'text/javascript' })) }
}
