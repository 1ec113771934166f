import { assertNever } from './assertNever'
import { formatBytes, formatCounted, formatParameters } from './format'
import type { ModelInfo } from './prediction'

/** `12 M parameters · fp32 · WASM, 1 thread` */
export function describeModel(model: ModelInfo): string {
  const { parameters, precision } = model
  return `${formatParameters(parameters)} parameters · ${precision} · ${describeBackend(model)}`
}

const FLOAT32_BYTES = 4

/** What the weights take in memory; a long text takes up to half a gigabyte more. */
export function weightMemoryBytes({ parameters }: Pick<ModelInfo, 'parameters'>): number {
  return parameters * FLOAT32_BYTES
}

/** `gpt2-large needs 3.1 GB and could not get it` */
export function describeLackOfMemory(model: Pick<ModelInfo, 'id' | 'parameters'>): string {
  return `${model.id} needs ${formatBytes(weightMemoryBytes(model))} and could not get it`
}

/** Whether two inspections by them have the same numbers, but for what backends differ by. */
export function isSameModel(a: ModelInfo, b: ModelInfo): boolean {
  return a.id === b.id && a.description === b.description && a.precision === b.precision
}

/** `WASM, 1 thread` */
export function describeBackend({ backend, threads }: ModelInfo): string {
  return `${backendName(backend)}, ${formatCounted(threads, 'thread')}`
}

export function backendName(backend: ModelInfo['backend']): string {
  switch (backend) {
    case 'wasm':
      return 'WASM'
    default:
      return assertNever(backend)
  }
}
