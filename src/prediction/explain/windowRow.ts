import type { ModelInfo } from '../../shared/contracts/engine/prediction'
import { inputBefore, inputOfNext, layoutOf } from '../windows/windows'
import type { ExplainedRow, ExplainedSequence } from './explanations'

/** A row of a sequence with the tokens of its window. */
export interface WindowRow extends ExplainedRow {
  readonly model: ModelInfo
  /** [S] The window's tokens up to the row, start token included; at least one. */
  readonly inputIds: Int32Array
}

/**
 * The row that predicts `token`, in the window that scores it; the sequence's end is the row after its last token. Undefined if
 * there is no such token, or nothing precedes it.
 */
export function windowRow(
  sequence: ExplainedSequence & { readonly model: ModelInfo },
  token: number,
): WindowRow | undefined {
  const { tokenIds, to, startToken, model } = sequence
  if (token < 0 || token > to || (token === 0 && !startToken)) return undefined
  const layout = layoutOf(model, sequence)
  const inputIds = token === to ? inputOfNext(tokenIds, to, layout) : inputBefore(tokenIds, token, layout)
  return { ...sequence, token, inputIds }
}
