import type { InferenceSession } from 'onnxruntime-common'
import { doublingGraph } from '../../../model/graphs/doublingGraph'
import type { ModelGraph } from '../../../model/graphs/gpt2GraphBuilder'
import { WebGpuUnavailableError } from '../../../shared/errors'
import { type NativeLibrary, openNativeLibrary } from './nativeLibrary'
import { storedSession } from './nativeSession'
import { HeapRows } from '../rowBuffer'
import type { Runtime, SessionWeights } from '../runtime'
import { WITHOUT_PREPACKING } from '../sessionOptions'

interface NativeGpuOptions {
  /** Absolute path of `onnxruntime.cjs`. */
  readonly library: string
  /** Threads on the CPU, for the few operators that stay there. */
  readonly threads: number
}

/**
 * The size of a buffer that every WebGPU device can bind. The library uses the adapter's own limit, but does not tell it, so
 * a larger vocabulary matrix is split.
 */
const MAX_TENSOR_BYTES = 128 * 2 ** 20

/**
 * The GPU of this machine, through the WebGPU provider of ONNX Runtime's native library. It is used in a process of its own,
 * because a graphics driver may crash. Rows cross through the memory of the CPU: the library's JavaScript interface can keep
 * tensors on the GPU, but not copy rows between them.
 * @throws NativeUnavailableError if the library cannot be loaded
 */
export function openNativeGpu({ library, threads }: NativeGpuOptions): Runtime {
  const native = openNativeLibrary(library)
  return {
    backend: 'webgpu',
    createSession: (graph, checkpoint) => gpuSession(native, { graph, checkpoint, threads }),
    maxTensorBytes: MAX_TENSOR_BYTES,
    rowBuffer: (nEmbd) => new HeapRows(nEmbd),
    // The process ends when the library reports a lost device.
    lost: new Promise(() => undefined),
    close: () => undefined,
  }
}

/**
 * Opens the graphics adapter that the library chooses, which loads its driver.
 * @throws NativeUnavailableError if the library cannot be loaded, WebGpuUnavailableError if it finds no adapter
 */
export async function openAdapter(library: string): Promise<void> {
  await gpuSession(openNativeLibrary(library), { graph: doublingGraph(), checkpoint: NO_WEIGHTS, threads: 1 })
}

interface GpuSessionOptions {
  readonly graph: ModelGraph
  readonly checkpoint: SessionWeights
  readonly threads: number
}

async function gpuSession(
  native: NativeLibrary,
  { graph, checkpoint, threads }: GpuSessionOptions,
): Promise<InferenceSession> {
  try {
    return await storedSession(
      native,
      { graph, checkpoint },
      { provider: 'webgpu', threads, entries: WITHOUT_PREPACKING },
    )
  } catch (cause) {
    if (!NO_DEVICE.test(String(cause))) throw cause
    throw new WebGpuUnavailableError(
      'ONNX Runtime finds no graphics adapter that it can use. Update the graphics driver.',
      { cause },
    )
  }
}

/** Matches the library's error if it finds no adapter, or if the adapter gives it no device. */
const NO_DEVICE = /failed to get a webgpu (adapter|device)/i

const NO_WEIGHTS: SessionWeights = {
  precision: 'fp32',
  weight: (name) => {
    throw new Error(`the graph has no weight ${name}`)
  },
  readNow: () => undefined,
}
