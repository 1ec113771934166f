/** A model's files, each stored in consecutive parts. */
export interface ModelOutline {
  /** Where the files are, as text for the user. */
  readonly place: string
  /** Identifies the files, as in `ModelInfo`. */
  readonly fingerprint: string
  /** Remarks that every view shows next to the model's name. */
  readonly remarks?: readonly string[]
  readonly files: readonly { readonly name: string; readonly parts: number }[]
}
