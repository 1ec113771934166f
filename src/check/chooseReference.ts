import type { LogitsFile } from '../files/logits/logitsFile'
import { understandLogits } from '../files/representation/understandLogits'
import type { SimulationApi } from '../shared/contracts/engine/simulation'
import { referenceInputs } from './referenceInputs'
import { requireTokens } from './sameRows'

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
 * else the one whose rows differ least. A model with fewer positions than tokens, or with another width than the file's
 * hidden states, is left out.
 * @param models the model to try first at the start; at least one
 * @throws FileChangedError; ArrayFileError, also for more rows than tokens; and what loading a model throws
 */
export async function chooseReference(
  file: LogitsFile,
  models: readonly [string, ...string[]],
  options: ChooseOptions,
): Promise<string> {
  requireTokens(file, options.tokenIds)
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
  const model = await api.simulatedModel(undefined, { signal })
  if (tokenIds.length > model.nPositions) return undefined
  if (file.hidden !== undefined && file.hidden.width !== model.nEmbd) return undefined
  const inputs = referenceInputs(api, model, { tokenIds, signal })
  if (inputs.every((input) => input.tokenIds.length < file.rows)) return undefined
  return understandLogits(file, inputs, { signal })
}
