// Runs in a page: `@huggingface/transformers` on its WASM backend, which it has only in browsers.

import type { Candidate } from '../candidate'
import { transformersCandidate, type TransformersModule } from './transformers'

declare global {
  var loadCandidate: (model: string, threads: number) => Promise<string>
  var inspect: (tokenIds: readonly number[]) => Promise<void>
}

let candidate: Candidate | undefined

/** Loads the model and resolves with the version of the library's runtime. */
globalThis.loadCandidate = async (model, threads) => {
  const entry = '/peers/@huggingface/transformers/dist/transformers.web.min.js'
  const transformers = (await import(entry)) as TransformersModule
  const { onnx } = transformers.env.backends
  transformers.env.localModelPath = '/models/'
  Object.assign(onnx.wasm, {
    numThreads: threads,
    // By default it loads them from a content delivery network.
    wasmPaths: new URL('/peers/onnxruntime-web/dist/', import.meta.url).href,
  })
  candidate = await transformersCandidate(transformers, model, { dtype: 'fp32', device: 'wasm' })
  return onnx.versions?.web ?? 'unknown'
}

globalThis.inspect = async (tokenIds) => {
  await candidate?.methods.inspect?.(Int32Array.from(tokenIds))
}
