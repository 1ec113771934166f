// Counts copies between the CPU and the GPU by wrapping the WebGPU calls of the runtime.

import { ROWS_LABEL } from '../../src/engine/runtime/webgpu/gpuRows'
import type { GpuCounts } from '../support/engine/workerUnderTest'
import { wrap } from '../support/engine/wrap'

let [uploads, downloads, downloadedBytes] = [0, 0, 0]
const liveRows = new Set<GPUBuffer>()
let device: GPUDevice | undefined

/** Wraps the WebGPU prototypes of this thread; call it before a device is requested. */
export function watchGpu(): void {
  wrap(
    GPUDevice.prototype,
    'createBuffer',
    (createBuffer) =>
      function (this: GPUDevice, descriptor) {
        const buffer = createBuffer.call(this, descriptor)
        if (descriptor.mappedAtCreation === true || (descriptor.usage & GPUBufferUsage.MAP_WRITE) !== 0)
          uploads++
        if (descriptor.label === ROWS_LABEL) liveRows.add(buffer)
        return buffer
      },
  )
  wrap(
    GPUBuffer.prototype,
    'destroy',
    (destroy) =>
      function (this: GPUBuffer) {
        liveRows.delete(this)
        destroy.call(this)
      },
  )
  wrap(
    GPUBuffer.prototype,
    'mapAsync',
    (mapAsync) =>
      function (this: GPUBuffer, mode, ...place) {
        if (mode === GPUMapMode.READ) {
          downloads++
          downloadedBytes += place[1] ?? this.size
        }
        return mapAsync.call(this, mode, ...place)
      },
  )
  wrap(
    GPUQueue.prototype,
    'writeBuffer',
    (writeBuffer) =>
      function (this: GPUQueue, buffer, ...data) {
        if ((buffer.usage & GPUBufferUsage.STORAGE) !== 0) uploads++
        writeBuffer.call(this, buffer, ...data)
      },
  )
  wrap(
    GPUAdapter.prototype,
    'requestDevice',
    (requestDevice) =>
      async function (this: GPUAdapter, descriptor) {
        device = await requestDevice.call(this, descriptor)
        return device
      },
  )
}

/** The device that was requested last. */
export function lastDevice(): GPUDevice {
  if (device === undefined) throw new Error('no device has been requested')
  return device
}

/** The counts since the last call; `liveRows` is the number at present. */
export function takeCounts(): GpuCounts {
  const counts = { uploads, downloads, downloadedBytes, liveRows: liveRows.size }
  uploads = downloads = downloadedBytes = 0
  return counts
}
