// Counts what goes between the CPU and the GPU, by the calls that the runtime makes.

import { ROWS_LABEL } from '../../src/engine/runtime/gpuRows'
import type { GpuCounts } from '../support/engine/workerUnderTest'
import { wrap } from '../support/engine/wrap'

let [uploads, downloads, downloadedBytes] = [0, 0, 0]
const liveRows = new Set<GPUBuffer>()
let device: GPUDevice | undefined

/** Watches every device of this thread from now on. */
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

/** The device that was asked for last. */
export function lastDevice(): GPUDevice {
  if (device === undefined) throw new Error('no device has been asked for')
  return device
}

/** Since it was last asked, but for what there is now. */
export function takeCounts(): GpuCounts {
  const counts = { uploads, downloads, downloadedBytes, liveRows: liveRows.size }
  uploads = downloads = downloadedBytes = 0
  return counts
}
