// The product's engine thread, with a port that answers each message with the thread's memory.

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { workerData } from 'node:worker_threads'
import type { ObservedOptions, ThreadMemory } from './observedEngine'

/** The part of the global that is used here. TypeScript declares the global only in its libraries for browsers. */
declare const WebAssembly: { Memory: new (descriptor: object) => { readonly buffer: ArrayBufferLike } }

const memories: { readonly buffer: ArrayBufferLike }[] = []
/** ONNX Runtime creates its memory with this class; tiktoken's module has one of its own, of 8 MB. */
WebAssembly.Memory = class extends WebAssembly.Memory {
  constructor(descriptor: object) {
    super(descriptor)
    memories.push(this)
  }
}

const { observer, assetsFolder } = workerData as ObservedOptions
observer.on('message', () => {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  const wasm = memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0)
  observer.postMessage({ heapUsed, arrayBuffers, wasm } satisfies ThreadMemory)
})
await import(pathToFileURL(join(assetsFolder, 'engineWorker.js')).href)
