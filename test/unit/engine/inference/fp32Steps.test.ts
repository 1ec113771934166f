// fp32 in steps of other sizes. Rounding differs, since the runtime adds the same terms in another order.

import { beforeAll, describe, expect, it } from 'vitest'
import type { LoadedModel } from '../../../../src/engine/inference/model'
import { elementAt } from '../../../../src/shared/elementAt'
import {
  connect,
  freshEngine,
  LOADING_LIMIT_MS,
  MINI,
  score,
  scoreEverything,
} from '../../../support/engine/engineUnderTest'
import { CPU_BACKENDS, loadModel } from '../../../support/engine/loadModel'
import { referenceText } from '../../../support/reference/referenceTexts'

/** Nats. */
const BOUND = 1e-5

describe.each(CPU_BACKENDS)('The embedded model in fp32 on %s', (backend) => {
  let model: LoadedModel
  beforeAll(async () => {
    model = await loadModel(MINI, { backend })
  }, LOADING_LIMIT_MS)

  it.each([1, 3, 17, 64])(
    'gives the same log-probabilities within 1e-5 nats in steps of %i',
    async (positions) => {
      const ids = referenceText('typescript').tokenIds
      const whole = await logProbs(model, ids, ids.length)
      const inSteps = await logProbs(model, ids, positions)
      const deltas = whole.map((value, row) => Math.abs(value - elementAt(inSteps, row)))
      expect(Math.max(...deltas)).toBeLessThanOrEqual(BOUND)
    },
  )
})

/** The log-probabilities of all tokens but the first. */
async function logProbs(model: LoadedModel, ids: Int32Array, stepPositions: number): Promise<number[]> {
  const { targetLogit, logSumExp } = await score(
    connect(freshEngine(model, stepPositions)),
    scoreEverything(ids),
  )
  return targetLogit.slice(0, -1).map((logit, row) => logit - elementAt(logSumExp, row))
}
