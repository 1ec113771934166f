/** The setting `logitscope.backend`. `auto` uses a hardware GPU if its numbers pass the check. */
export const BACKEND_CHOICES = ['auto', 'native', 'webgpu', 'wasm'] as const
export type BackendChoice = (typeof BACKEND_CHOICES)[number]

/** The comparison of WebGPU and WASM on one GPU, with the embedded model. */
export interface BackendCheck {
  readonly adapter: string
  /** The largest |Δ log-probability|, in nats. */
  readonly maxDelta: number
  /** Duration of one run over the same tokens. */
  readonly milliseconds: { readonly wasm: number; readonly webgpu: number }
}

/** Nats. Another order of summation in float32 gives differences of 1e-5; a larger one than this is an error. */
export const MAX_DELTA = 1e-3

/** Whether the backends agree. NaN does not pass. */
export function passes({ maxDelta }: BackendCheck): boolean {
  return maxDelta <= MAX_DELTA
}
