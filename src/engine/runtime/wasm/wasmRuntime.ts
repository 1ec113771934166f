import * as ort from 'onnxruntime-web'
import { HeapRows } from '../rowBuffer'
import type { Runtime } from '../runtime'
import { createWebSession } from './webSession'

/** The WASM runtime of this thread; it lives as long as the thread. */
export const WASM_RUNTIME: Runtime = {
  backend: 'wasm',
  createSession: (graph, checkpoint) =>
    createWebSession(graph, checkpoint, { executionProvider: 'wasm', rowsLocation: 'cpu' }),
  maxTensorBytes: Infinity,
  rowBuffer: (nEmbd) => new HeapRows(nEmbd),
  lost: new Promise(() => undefined),
  close: () => undefined,
}

/**
 * Configures the WASM backend. The first session fixes the number of threads; another number needs a new worker.
 * @param assetsFolder folder of `ort-wasm-simd-threaded.{mjs,wasm}`; a path, because ORT's threads do not accept a URL
 */
export function configureWasm(assetsFolder: string, threads: number): void {
  ort.env.wasm.numThreads = threads
  ort.env.wasm.wasmPaths = assetsFolder
}
