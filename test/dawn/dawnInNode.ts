// Dawn, Chromium's implementation of WebGPU, in this Node process, on Mesa's software adapter.

import { create, globals } from 'webgpu'
import { wrap } from '../support/engine/wrap'
import { selectSoftwareDriver } from './softwareDriver'

/** Installs the globals of WebGPU that browsers have. */
export function installDawn(): void {
  selectSoftwareDriver()
  Object.assign(globalThis, globals)
  Object.defineProperty(globalThis, 'navigator', { value: { gpu: create([]) }, configurable: true })
  // Dawn rejects data in shared memory, where ONNX Runtime's heap is, so such data is copied.
  wrap(
    GPUQueue.prototype,
    'writeBuffer',
    (writeBuffer) =>
      function (this: GPUQueue, buffer, offset, data, ...part) {
        const isShared = ArrayBuffer.isView(data) && data.buffer instanceof SharedArrayBuffer
        writeBuffer.call(this, buffer, offset, isShared ? copyOf(data) : data, ...part)
      },
  )
}

function copyOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new Uint8Array(buffer, byteOffset, byteLength))
}
