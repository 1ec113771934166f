import { assertNever } from '../assertNever'
import type { BackendCheck } from '../contracts/backendCheck'
import { formatBytes, formatCount, formatCounted, formatDelta, formatParameters } from './format'
import type { Backend, ModelInfo, Precision } from '../contracts/prediction'

/** `12 M parameters · fp32 · WASM, 1 thread` */
export function describeModel(model: ModelInfo): string {
  const { parameters, precision } = model
  return `${formatParameters(parameters)} parameters · ${precision} · ${describeBackend(model)}`
}

/** In int8 one, and what is kept beside it: embeddings in halves, the first layers' attention in floats. */
const BYTES_PER_PARAMETER: Record<Precision, number> = { fp32: 4, int8: 1.3 }
/** WebAssembly addresses no more. */
export const WASM_MEMORY_BYTES = 4 * 2 ** 30

/** What the weights take in memory, about; a long text takes up to half a gigabyte more. */
export function weightMemoryBytes(
  { parameters }: Pick<ModelInfo, 'parameters'>,
  precision: Precision = 'fp32',
): number {
  return parameters * BYTES_PER_PARAMETER[precision]
}

/** Exact where that can be loaded at all. */
export function defaultPrecision(model: Pick<ModelInfo, 'parameters'>): Precision {
  return fitsInFp32(model) ? 'fp32' : 'int8'
}

/** Where it does not, there is nothing to compare int8 with. */
export function fitsInFp32(model: Pick<ModelInfo, 'parameters'>): boolean {
  return weightMemoryBytes(model) < WASM_MEMORY_BYTES
}

/** `gpt2-large needs 3.1 GB and could not get it` */
export function describeLackOfMemory(model: Pick<ModelInfo, 'id' | 'parameters' | 'precision'>): string {
  return `${model.id} needs ${formatBytes(weightMemoryBytes(model, model.precision))} and could not get it`
}

/** Whether both have the same weights in the same precision, so that their numbers differ only by the backend. */
export function isSameModel(a: ModelInfo, b: ModelInfo): boolean {
  return a.id === b.id && a.fingerprint === b.fingerprint && a.precision === b.precision
}

/** What one model began and another went on with, the two being the same but for their backends. */
export function continuing(begun: ModelInfo, by: ModelInfo): ModelInfo {
  return { ...by, remarks: [...by.remarks, `begun on ${backendName(begun.backend)}`] }
}

/** `WASM, 1 thread`, or `WebGPU, checked: max |Δ| 7e-6` */
export function describeBackend({ backend, threads, check }: ModelInfo): string {
  const name = backendName(backend)
  if (backend === 'wasm') return `${name}, ${formatCounted(threads, 'thread')}`
  return check === undefined ? name : `${name}, checked: max |Δ| ${formatDelta(check.maxDelta)}`
}

/** `Checked against WASM on nvidia ampere: log-probabilities differ by 7e-6 at most; 12 ms where WASM takes 96` */
export function describeCheck({ adapter, maxDelta, milliseconds }: BackendCheck): string {
  const times = `${formatCount(Math.round(milliseconds.webgpu))} ms where WASM takes ${formatCount(Math.round(milliseconds.wasm))}`
  return `Checked against WASM on ${adapter}: log-probabilities differ by ${formatDelta(maxDelta)} at most; ${times}`
}

export function backendName(backend: Backend): string {
  switch (backend) {
    case 'wasm':
      return 'WASM'
    case 'webgpu':
      return 'WebGPU'
    default:
      return assertNever(backend)
  }
}
