import { assertNever } from '../assertNever'
import type { BackendSelfTest } from '../contracts/engine/backendSelfTest'
import { decisiveDelta } from '../contracts/engine/backends'
import { formatBytes, formatCount, formatCounted, formatDelta, formatParameters } from './format'
import type { Backend, ModelInfo, Precision } from '../contracts/engine/prediction'

/** `12 M parameters · fp32 · WASM, 1 thread` */
export function describeModel(model: ModelInfo): string {
  const { parameters, precision } = model
  return `${formatParameters(parameters)} parameters · ${precision} · ${describeBackend(model)}`
}

/** In int8 more than one byte, because the embeddings are float16 and the first layers' attention is float32. */
const BYTES_PER_PARAMETER: Record<Precision, number> = { fp32: 4, int8: 1.3 }
/** The maximum memory of WebAssembly with 32-bit addresses. */
export const WASM_MEMORY_BYTES = 4 * 2 ** 30

/** Approximate memory of the weights; a long text needs up to half a gigabyte more. */
export function weightMemoryBytes(
  { parameters }: Pick<ModelInfo, 'parameters'>,
  precision: Precision = 'fp32',
): number {
  return parameters * BYTES_PER_PARAMETER[precision]
}

/** fp32 if the model fits into WASM's memory in fp32, else int8. */
export function defaultPrecision(model: Pick<ModelInfo, 'parameters'>): Precision {
  return fitsInFp32(model) ? 'fp32' : 'int8'
}

/** Whether the weights in fp32 fit into the memory of WASM. */
export function fitsInFp32(model: Pick<ModelInfo, 'parameters'>): boolean {
  return weightMemoryBytes(model) < WASM_MEMORY_BYTES
}

/** `gpt2-large needs 3.1 GB of memory, more than is available` */
export function describeLackOfMemory(model: Pick<ModelInfo, 'id' | 'parameters' | 'precision'>): string {
  return `${model.id} needs ${formatBytes(weightMemoryBytes(model, model.precision))} of memory, more than is available`
}

/** Whether both have the same weights in the same precision, so that their numbers differ only by the backend. */
export function isSameModel(a: ModelInfo, b: ModelInfo): boolean {
  return a.id === b.id && a.fingerprint === b.fingerprint && a.precision === b.precision
}

/** The model of an inspection that was started on one backend and continued on another. */
export function continuedModel(started: ModelInfo, by: ModelInfo): ModelInfo {
  return { ...by, remarks: [...by.remarks, `started on ${backendName(started.backend)}`] }
}

/** `WASM, 1 thread`, `native, 2 threads`, `WebGPU, self-test: max |Δ| 7e-6` or `WebGPU (native), self-test: max |Δ| 7e-6` */
export function describeBackend({ backend, gpuProcess, threads, selfTest, precision }: ModelInfo): string {
  const name = gpuProcess === undefined ? backendName(backend) : `${backendName(backend)} (${gpuProcess})`
  if (selfTest !== undefined) {
    const { kind, delta } = decisiveDelta(selfTest, precision)
    return `${name}, self-test: ${kind} |Δ| ${formatDelta(delta)}`
  }
  return backend === 'webgpu' ? name : `${name}, ${formatCounted(threads, 'thread')}`
}

/** `Self-test against WASM on nvidia ampere: log-probabilities differ by 7e-6 at most; 12 ms where WASM takes 96` */
export function describeSelfTest(selfTest: BackendSelfTest): string {
  const { device, maxDelta, milliseconds } = selfTest
  const times = `${formatCount(Math.round(milliseconds.accelerated))} ms where WASM takes ${formatCount(Math.round(milliseconds.wasm))}`
  return `Self-test against WASM on ${device}: log-probabilities differ by ${formatDelta(maxDelta)} at most; ${times}`
}

/** The backend as the subject of a sentence. */
export function backendTitle(backend: Backend): string {
  return backend === 'native' ? 'Native inference' : backendName(backend)
}

export function backendName(backend: Backend): string {
  switch (backend) {
    case 'wasm':
      return 'WASM'
    case 'webgpu':
      return 'WebGPU'
    case 'native':
      return 'native'
    default:
      return assertNever(backend)
  }
}
