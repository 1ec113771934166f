import {
  InferenceError,
  OutOfMemoryError,
  WebGpuLostError,
  WebGpuUnavailableError,
} from '../../shared/errors'
import { GpuRows } from './gpuRows'
import type { Runtime } from './runtime'

/**
 * What ONNX Runtime's shaders are written for, or what decides how large a model may be: as much as the adapter has,
 * for the defaults are those of the weakest adapters. A device has the defaults unless it is asked for more.
 */
const WANTED_LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension',
] as const

/**
 * A device of its own on this thread's adapter. No optional feature is asked for: the operators of our graphs need
 * none, and adapters differ in what they make of them.
 * @throws WebGpuUnavailableError
 */
export async function openWebGpu(): Promise<Runtime> {
  const device = await requestDevice()
  return {
    backend: 'webgpu',
    executionProvider: { name: 'webgpu', device },
    rowsLocation: 'gpu-buffer',
    maxTensorBytes: Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize),
    rowBuffer: (nEmbd) => new GpuRows(device, nEmbd),
    lost: lossOf(device),
    close: () => {
      device.destroy()
    },
  }
}

async function requestDevice(): Promise<GPUDevice> {
  // Absent where a host has no WebGPU, whatever the types say.
  const gpu = (globalThis as { readonly navigator?: { readonly gpu?: GPU } }).navigator?.gpu
  if (gpu === undefined) throw new WebGpuUnavailableError('There is no WebGPU here.')
  try {
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
    if (adapter === null)
      throw new WebGpuUnavailableError('WebGPU finds no graphics adapter that it can use here.')
    const requiredLimits = Object.fromEntries(WANTED_LIMITS.map((name) => [name, adapter.limits[name]]))
    return await adapter.requestDevice({ requiredLimits })
  } catch (cause) {
    if (cause instanceof WebGpuUnavailableError) throw cause
    throw new WebGpuUnavailableError('The graphics adapter cannot be used. The log has the reason.', {
      cause,
    })
  }
}

/** An operation that failed leaves wrong numbers behind, so it ends the device's use as its loss does. */
function lossOf(device: GPUDevice): Promise<Error> {
  return new Promise((resolve) => {
    void device.lost.then(({ message }) => {
      resolve(new WebGpuLostError('The graphics adapter is gone.', { cause: new Error(message) }))
    })
    device.addEventListener('uncapturederror', ({ error }) => {
      const cause = new Error(error.message)
      resolve(
        error instanceof GPUOutOfMemoryError
          ? new OutOfMemoryError('The model needs more memory than the graphics adapter has.', { cause })
          : new InferenceError('The graphics adapter failed. The log has the reason.', { cause }),
      )
    })
  })
}
