/** What the user wants the engine to compute on; `auto` takes a GPU where it is right. */
export const BACKEND_CHOICES = ['auto', 'webgpu', 'wasm'] as const
export type BackendChoice = (typeof BACKEND_CHOICES)[number]

/** How far WebGPU and WASM are apart on one GPU, with the embedded model. */
export interface BackendCheck {
  readonly adapter: string
  /** Nats, of log-probabilities. */
  readonly maxDelta: number
  /** Of one run over the same tokens. */
  readonly milliseconds: { readonly wasm: number; readonly webgpu: number }
}

/** Nats. Float32 in another order of summation gives 1e-5; what is above this is another computation. */
export const MAX_DELTA = 1e-3

/** NaN is no agreement. */
export function passes({ maxDelta }: BackendCheck): boolean {
  return maxDelta <= MAX_DELTA
}
