/** The comparison of another backend and WASM on one device, with the embedded model. */
export interface BackendSelfTest {
  /** The graphics adapter or the processor. */
  readonly device: string
  /** The largest |Δ log-probability|, in nats. */
  readonly maxDelta: number
  /** The mean |Δ log-probability|, in nats. */
  readonly meanDelta: number
  /** Duration of one run over the same tokens. */
  readonly milliseconds: { readonly wasm: number; readonly accelerated: number }
}
