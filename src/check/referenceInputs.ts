import type { ReferenceInput } from '../files/representation/representation'
import { START_TOKEN_ID } from '../shared/contracts/engine/prediction'
import type { SimulatedModel, SimulationApi } from '../shared/contracts/engine/simulation'
import { InvalidRequestError } from '../shared/errors'
import { formatCount, formatCounted } from '../shared/text/format'

/**
 * The inputs that a file's rows may be of: the tokens as they are, and with or without the start token before them.
 * @throws InvalidRequestError if the text has more tokens than the model reads, or is empty
 */
export function referenceInputs(
  api: SimulationApi,
  { id, nPositions }: Pick<SimulatedModel, 'id' | 'nPositions'>,
  { tokenIds, signal }: { readonly tokenIds: Int32Array; readonly signal?: AbortSignal | undefined },
): ReferenceInput[] {
  if (tokenIds.length === 0)
    throw new InvalidRequestError('The text is empty. Choose the text of the logits.')
  if (tokenIds.length > nPositions) {
    throw new InvalidRequestError(
      `The text has ${formatCounted(tokenIds.length, 'token')}, and ${id} reads at most ${formatCount(nPositions)}. Save the logits of a shorter text.`,
    )
  }
  const inputOf = (ids: Int32Array): ReferenceInput => ({
    tokenIds: ids,
    startToken: ids[0] === START_TOKEN_ID,
    row: (row) => api.referenceLogits({ tokenIds: ids, rows: Int32Array.of(row) }, { signal }),
  })
  const other =
    tokenIds[0] === START_TOKEN_ID ? tokenIds.slice(1) : Int32Array.of(START_TOKEN_ID, ...tokenIds)
  return [tokenIds, other].filter(({ length }) => length > 0 && length <= nPositions).map(inputOf)
}
