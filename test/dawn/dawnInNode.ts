// Dawn, Chromium's implementation of WebGPU, in this Node process, on Mesa's software adapter.

import { existsSync } from 'node:fs'
import { create, globals } from 'webgpu'
import { wrap } from '../support/wrap'

/** Where Debian's mesa-vulkan-drivers has it. */
const LAVAPIPE = '/usr/share/vulkan/icd.d/lvp_icd.json'

export const hasSoftwareAdapter = existsSync(LAVAPIPE)

/** Gives this thread what browsers have. */
export function installDawn(): void {
  process.env.VK_ICD_FILENAMES = LAVAPIPE
  Object.assign(globalThis, globals)
  Object.defineProperty(globalThis, 'navigator', { value: { gpu: create([]) }, configurable: true })
  // Dawn refuses what lies in shared memory, where ONNX Runtime's heap is.
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
