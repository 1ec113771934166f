// Dawn, Chromium's implementation of WebGPU, in this Node process, on Mesa's software adapter.

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { create, globals } from 'webgpu'
import { wrap } from '../support/engine/wrap'

/** Where Vulkan's drivers say where they are. */
const DRIVERS = '/usr/share/vulkan/icd.d'
/** Mesa's on the processor; some distributions name the architecture, too. */
const LAVAPIPE = (existsSync(DRIVERS) ? readdirSync(DRIVERS) : []).find((name) =>
  /^lvp_icd\..*json$/.test(name),
)

export const hasSoftwareAdapter = LAVAPIPE !== undefined

/** Gives this thread what browsers have. */
export function installDawn(): void {
  if (LAVAPIPE !== undefined) process.env.VK_ICD_FILENAMES = join(DRIVERS, LAVAPIPE)
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
