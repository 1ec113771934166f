// The form of a file of logits, which is determined before the numbers are compared. V = 50257, W columns of the file's rows

import type { Representation } from '../../shared/contracts/check/checkResult'
import type { LogitsFile } from '../logits/logitsFile'

export type { Representation }
export type LogitsKind = Representation['kind']
export type Rounding = Representation['rounding']

/** The properties that determine how exactly the rows can be compared. */
export type Precision = Pick<Representation, 'kind' | 'centred' | 'rounding'>

/** One input that the file's rows may be of, with the reference's answers. */
export interface ReferenceInput {
  /** Start token included, if there is one. */
  readonly tokenIds: Int32Array
  readonly startToken: boolean
  /** A sentence for the user if the rows turn out to be of this input, such as that the text begins with a space. */
  readonly remark?: string
  /** Raw logits [V] of the row of `tokenIds[row]`, computed by the reference model. Called for few rows, once for each. */
  row(row: number): Promise<Float32Array>
}

/** A file whose representation is known: its rows as log-probabilities. */
export interface UnderstoodLogits {
  readonly file: LogitsFile
  readonly representation: Representation
  /** The input that the rows are of; the expected one if none fits. */
  readonly input: ReferenceInput
  /**
   * True if a row of the file is the reference's row within the tolerance. Otherwise the alignment is a guess: the expected
   * one, unless another fits at least twice as well.
   */
  readonly isAnchored: boolean
  /** Root mean square of the differences of a few rows from the reference, in nats: small for the model of the file. */
  readonly distance: number
  /** Sentences that explain what the file is. */
  readonly remarks: readonly string[]
  /**
   * Row of the file as normalized log-probabilities [V]. Its reference is row `representation.firstRow + row` of the input.
   * NaN for a probability that is rounded too coarsely to be compared, and for all of a row with NaN or +∞.
   */
  logProbs(row: number): Promise<Float32Array>
}
