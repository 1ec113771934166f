import { assertNever } from '../../assertNever'
import type { BackendSelfTest } from './backendSelfTest'
import type { Backend, Precision } from './prediction'

/** The setting `logitscope.backend`. `auto` uses the fastest backend that is available and passes its self-test. */
export const BACKEND_CHOICES = ['auto', 'native', 'webgpu', 'wasm'] as const
export type BackendChoice = (typeof BACKEND_CHOICES)[number]

/** The backends that are used instead of WASM, which is always available. */
export type AcceleratedBackend = Exclude<Backend, 'wasm'>

/** The backends to try before WASM, fastest first. */
export function acceleratorsOf(choice: BackendChoice): readonly AcceleratedBackend[] {
  switch (choice) {
    case 'auto':
      return ['webgpu', 'native']
    case 'native':
    case 'webgpu':
      return [choice]
    case 'wasm':
      return []
    default:
      return assertNever(choice)
  }
}

/** A selected backend that is not used. */
export interface UnusedBackend {
  readonly backend: AcceleratedBackend
  /** Sentences that say why, and what to do. */
  readonly reason: string
}

/** A backend that failed, or cannot be used although it is required. */
export interface BackendFailure {
  readonly backend: AcceleratedBackend
  /** The backend that answers now. */
  readonly used: Backend
  readonly reason: Error
}

/** The outcome of a retry that did not end with a failure. */
export interface RetryOutcome {
  readonly used: Backend
  /** The selected backends that are faster and not used. */
  readonly unused: readonly UnusedBackend[]
}

/** Nats. Another order of summation in float32 gives differences of 1e-5; a larger one than this is an error. */
export const MAX_DELTA = 1e-3

/** Nats. In int8 a difference in the last bit can round an activation to the next step, so single tokens differ more. */
export const MAX_MEAN_DELTA_INT8 = 0.03

type Deltas = Pick<BackendSelfTest, 'maxDelta' | 'meanDelta'>

/** The figure that decides whether the backends agree. NaN passes no limit. */
export function decisiveDelta(selfTest: Deltas, precision: Precision): DecisiveDelta {
  switch (precision) {
    case 'fp32':
      return { kind: 'max', delta: selfTest.maxDelta, limit: MAX_DELTA }
    case 'int8':
      return { kind: 'mean', delta: selfTest.meanDelta, limit: MAX_MEAN_DELTA_INT8 }
    default:
      return assertNever(precision)
  }
}

export interface DecisiveDelta {
  readonly kind: 'max' | 'mean'
  /** Nats. */
  readonly delta: number
  /** Nats. */
  readonly limit: number
}

/** Whether the backends agree. */
export function passes(selfTest: Deltas, precision: Precision): boolean {
  const { delta, limit } = decisiveDelta(selfTest, precision)
  return delta <= limit
}
