/** A model's files, each in consecutive parts. */
export interface ModelOutline {
  /** What people call the place. */
  readonly place: string
  /** Identifies the files, as in `ModelInfo`. */
  readonly fingerprint: string
  /** What every view says of the model beside its name. */
  readonly remarks?: readonly string[]
  readonly files: readonly { readonly name: string; readonly parts: number }[]
}
