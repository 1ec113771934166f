// Saved logits of an implementation of GPT-2. R rows, W columns (at least V), V = 50257, L layers, C = nEmbd

/** An open file of logits, log-probabilities or probabilities. Rows are read one by one; the file is never read whole. */
export interface LogitsFile {
  /** Name without folder. */
  readonly name: string
  /** Name of the array in the file; null for a format with only one. */
  readonly array: string | null
  /** R: the rows that the file has, one for each position. */
  readonly rows: number
  /** W: the columns of a row, V or a padded V. The tokens are the first V columns. */
  readonly width: number
  /** The type as the file names it, such as `<f4` or `BF16`. */
  readonly dtype: string
  /** The shape as the file has it. */
  readonly shape: readonly number[]
  /** Order of the elements in the file. */
  readonly order: 'C' | 'F'
  /** The array has the vocabulary as its first axis: [V, n] instead of [n, V]. `readRow` returns rows of positions. */
  readonly transposed: boolean
  /** The model that the file says its rows are of: an id, or any other name; undefined if it names none. */
  readonly model: string | undefined
  /** The tokens that the file says its rows are of; undefined if it has none. */
  readonly ids: Int32Array | undefined
  /** Undefined if the file has none. */
  readonly hidden: HiddenStates | undefined
  /** Sentences about what is unusual in the file, but was read. */
  readonly remarks: readonly string[]
  /**
   * Row [W] as it is in the file, in float32. Rows of a compressed or column-major array are read in blocks, so reading
   * them in ascending order is fast.
   * @throws FileChangedError, ArrayFileError
   */
  readRow(row: number): Promise<Float32Array>
  /**
   * To be called before anything is said about the rows that were read.
   * @throws FileChangedError if the file was rewritten since it was opened
   */
  checkUnchanged(): Promise<void>
  close(): Promise<void>
}

/** The two outputs that a block adds to the residual stream, and the stream after the block (before ln_f). */
export type SubBlock = 'attn' | 'mlp' | 'residual'

/** Saved hidden states of some blocks, under the names that the snippets use. */
export interface HiddenStates {
  /** Number of rows of every state. */
  readonly rows: number
  /** C: the width of every state. */
  readonly width: number
  /** The highest layer with a saved state plus one. */
  readonly layers: number
  /** Sentences about shapes that are not [R, C], but were read. */
  readonly remarks: readonly string[]
  has(layer: number, subBlock: SubBlock): boolean
  /**
   * Row [C] of a state that the file has.
   * @throws RangeError if it does not have it; FileChangedError, ArrayFileError
   */
  readRow(layer: number, subBlock: SubBlock, row: number): Promise<Float32Array>
}

/** Names of the arrays, as the snippets save them and the readers expect them. */
export const LOGITS_ARRAY = 'logits'
export const IDS_ARRAY = 'ids'

/**
 * `h.0.attn`, `h.0.mlp`, and `h.0` for the residual stream after block 0.
 * @param layer counted from 0, or what stands for it in a template
 */
export function hiddenStateName(layer: number | string, subBlock: SubBlock): string {
  return subBlock === 'residual' ? `h.${layer}` : `h.${layer}.${subBlock}`
}
