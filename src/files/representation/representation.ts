// What a file of logits is, before it is judged. V = 50257

import type { LogitsFile } from '../logits/logitsFile'

/** `representation` of `check --json`: how the file holds the logits. None of it is a mistake. */
export interface Representation {
  readonly kind: LogitsKind
  /** The mean of every row is 0: a constant of its own was subtracted from each row, which no softmax shows. */
  readonly centred: boolean
  /** The rows are of the text with the start token before it. */
  readonly startToken: boolean
  /** The row of the input, start token included, that the file's first row is. */
  readonly firstRow: number
  readonly transposed: boolean
  /** The coarsest rounding that the values show, even if they are stored in a wider type. */
  readonly rounding: Rounding
}

export type LogitsKind = 'logits' | 'log-probabilities' | 'probabilities'
export type Rounding = 'float32' | 'float16' | 'bfloat16'

/** What determines how exactly the rows can be compared. */
export type Precision = Pick<Representation, 'kind' | 'centred' | 'rounding'>

/** One input that the file's rows may be of, with the reference's answers. */
export interface ReferenceInput {
  /** Start token included, if there is one. */
  readonly tokenIds: Int32Array
  readonly startToken: boolean
  /** Raw logits [V] of the row of `tokenIds[row]`, computed by the reference model. Called for few rows, also twice. */
  row(row: number): Promise<Float32Array>
}

/** A file whose representation is known: its rows as log-probabilities. */
export interface UnderstoodLogits {
  readonly file: LogitsFile
  readonly representation: Representation
  /** The input that the rows are of; the first one if no input fits. */
  readonly input: ReferenceInput
  /**
   * True if at least one row of the file is the reference's row within the tolerance. Otherwise the alignment is a guess,
   * the expected one unless another fits at least twice as well.
   */
  readonly isAnchored: boolean
  /** Rows of the file that have a row of the input: [0, rows). */
  readonly rows: number
  /** Sentences that explain what the file is. */
  readonly remarks: readonly string[]
  /**
   * Row of the file as log-probabilities [V] over the vocabulary, normalized. Its reference is row
   * `representation.firstRow + row` of the input.
   */
  logProbs(row: number): Promise<Float32Array>
}
