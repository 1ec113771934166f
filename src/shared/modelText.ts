import { assertNever } from './assertNever'
import { formatCounted, formatParameters } from './format'
import type { ModelInfo } from './prediction'

/** `12 M parameters · fp32 · WASM, 1 thread` */
export function describeModel(model: ModelInfo): string {
  const { parameters, precision } = model
  return `${formatParameters(parameters)} parameters · ${precision} · ${describeBackend(model)}`
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
