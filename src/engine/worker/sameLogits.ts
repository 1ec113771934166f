import { passes } from '../../shared/contracts/engine/backends'
import { elementAt } from '../../shared/elementAt'
import { InferenceError } from '../../shared/errors'
import type { LoadedModel } from '../inference/model'
import { tensor } from '../runtime/tensor'

/** Enough rows for more than one block of them in the runtime's products. */
const MAX_ROWS = 64
/** A stride through the vocabulary that meets all parts of it. */
const STRIDE = 7919

/**
 * Checks that two forms of one model agree within the limits of a backend's self-test.
 * @throws InferenceError
 */
export async function checkSameLogits(model: LoadedModel, other: LoadedModel): Promise<void> {
  const [a, b] = [await logProbsOf(model), await logProbsOf(other)]
  const deltas = a.map((logProb, i) => Math.abs(logProb - elementAt(b, i)))
  const maxDelta = Math.max(...deltas)
  const meanDelta = deltas.reduce((sum, delta) => sum + delta, 0) / deltas.length
  if (passes({ maxDelta, meanDelta }, model.info.precision)) return
  throw new InferenceError(
    `The prepacked form of ${model.info.id} differs from the model by up to ${maxDelta} nats. It is not used.`,
  )
}

/** Log-probabilities of a token after each row, in nats. */
async function logProbsOf({ transformer, lmHead, info }: LoadedModel): Promise<number[]> {
  const { nLayer, nEmbd, nPositions, vocabularySize } = info
  const ids = Int32Array.from(
    { length: Math.min(MAX_ROWS, nPositions) },
    (_, i) => (i * STRIDE) % vocabularySize,
  )
  const none = Array.from({ length: nLayer }, () => tensor.float32(new Float32Array(0), [0, nEmbd]))
  const { residual } = await transformer.run(ids, { length: 0, keys: none, values: none })
  const { targetLogit, logSumExp } = await lmHead.score(residual, ids, { topK: 1, temperature: 1 })
  return Array.from(targetLogit, (logit, row) => logit - elementAt(logSumExp, row))
}
