import type { LogitsFile } from '../files/logits/logitsFile'
import type { ReferenceInput } from '../files/representation/representation'
import { understandLogits } from '../files/representation/understandLogits'
import { START_TOKEN_ID } from '../shared/contracts/prediction'
import type { SimulationApi } from '../shared/contracts/simulation'

/** Runs `work` with a model: an id or a folder. */
export type UseReference = <T>(model: string, work: (api: SimulationApi) => Promise<T>) => Promise<T>

export interface ChooseOptions {
  /** The tokens of the rows, with or without start token. */
  readonly tokenIds: Int32Array
  readonly use: UseReference
  readonly signal?: AbortSignal
  /** Called before a model is loaded. */
  readonly onModel?: (model: string) => void
}

/**
 * The model that a file's rows are of: the one that the file names, else the first one with the same numbers in a row,
 * else the one whose rows differ least. A model with fewer positions than tokens, or with another width than the file's hidden states, is left out.
 * @param models the model to try first at the start; at least one
 * @throws FileChangedError, ArrayFileError, and what loading a model throws
 */
export async function chooseReference(
  file: LogitsFile,
  models: readonly [string, ...string[]],
  options: ChooseOptions,
): Promise<string> {
  const named = models.find((model) => model === file.model)
  if (named !== undefined) return named
  const [first, ...others] = models
  if (others.length === 0) return first
  let best = { model: first, distance: Infinity }
  for (const model of models) {
    options.onModel?.(model)
    const fit = await options.use(model, (api) => fitOf(file, api, options))
    if (fit?.isAnchored === true) return model
    if (fit !== undefined && fit.distance < best.distance) best = { model, distance: fit.distance }
  }
  return best.model
}

interface ReferenceFit {
  readonly isAnchored: boolean
  /** Nats. */
  readonly distance: number
}

/** Undefined if the rows cannot be of the model. */
async function fitOf(
  file: LogitsFile,
  api: SimulationApi,
  { tokenIds, signal }: ChooseOptions,
): Promise<ReferenceFit | undefined> {
  const { nPositions, nEmbd } = await api.simulatedModel(undefined, { signal })
  if (tokenIds.length > nPositions || (file.hidden !== undefined && file.hidden.width !== nEmbd))
    return undefined
  const hasStartToken = tokenIds[0] === START_TOKEN_ID
  const inputs = hasStartToken
    ? [inputOf(tokenIds, true), inputOf(tokenIds.slice(1), false)]
    : [inputOf(tokenIds, false), inputOf(Int32Array.of(START_TOKEN_ID, ...tokenIds), true)]
  return understandLogits(
    file,
    inputs.filter((input) => input.tokenIds.length > 0 && input.tokenIds.length <= nPositions),
    { signal },
  )

  function inputOf(ids: Int32Array, startToken: boolean): ReferenceInput {
    return {
      tokenIds: ids,
      startToken,
      row: (row) => api.referenceLogits({ tokenIds: ids, rows: Int32Array.of(row) }, { signal }),
    }
  }
}
