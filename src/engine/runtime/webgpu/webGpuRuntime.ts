import {
  InferenceError,
  OutOfMemoryError,
  WebGpuLostError,
  WebGpuUnavailableError,
} from '../../../shared/errors'
import { GpuRows } from './gpuRows'
import type { Runtime } from '../runtime'
import { createWebSession } from '../wasm/webSession'

/**
 * Limits that ONNX Runtime's shaders need or that bound the size of a model. They are requested at the adapter's maximum,
 * since a device otherwise gets the defaults, which are those of the weakest adapters.
 */
const REQUESTED_LIMITS = [
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
 * Opens a new device on this thread's adapter. No optional features are requested: the operators of our graphs need
 * none, and adapters implement them differently.
 * @throws WebGpuUnavailableError
 */
export async function openWebGpu(): Promise<Runtime> {
  const device = await requestDevice()
  return {
    backend: 'webgpu',
    createSession: (graph, checkpoint) =>
      createWebSession(graph, checkpoint, {
        executionProvider: { name: 'webgpu', device },
        rowsLocation: 'gpu-buffer',
      }),
    maxTensorBytes: Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize),
    rowBuffer: (nEmbd) => new GpuRows(device, nEmbd),
    lost: lossOf(device),
    close: () => {
      device.destroy()
    },
  }
}

async function requestDevice(): Promise<GPUDevice> {
  // Undefined in a host without WebGPU, although the types declare it.
  const gpu = (globalThis as { readonly navigator?: { readonly gpu?: GPU } }).navigator?.gpu
  if (gpu === undefined) throw new WebGpuUnavailableError('WebGPU is not available here.')
  try {
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
    if (adapter === null)
      throw new WebGpuUnavailableError('WebGPU found no graphics adapter that it can use.')
    const requiredLimits = Object.fromEntries(REQUESTED_LIMITS.map((name) => [name, adapter.limits[name]]))
    return await adapter.requestDevice({ requiredLimits })
  } catch (cause) {
    if (cause instanceof WebGpuUnavailableError) throw cause
    throw new WebGpuUnavailableError('The graphics adapter cannot be used. The log has the reason.', {
      cause,
    })
  }
}

/** Resolves when the device is lost or an operation fails. Both end its use: after a failed operation numbers are wrong. */
function lossOf(device: GPUDevice): Promise<Error> {
  return new Promise((resolve) => {
    void device.lost.then(({ message }) => {
      resolve(new WebGpuLostError('The graphics adapter was lost.', { cause: new Error(message) }))
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
