// The embedded model with other scores, to compare two engines without computing.

import type { LmHead } from '../../../src/engine/inference/lmHead'
import type { LoadedModel } from '../../../src/engine/inference/model'
import { ModelFilesError } from '../../../src/shared/errors'
import type { Backend } from '../../../src/shared/contracts/engine/prediction'
import { freshEngine } from './engineUnderTest'
import { InThreadWorker } from './inThreadWorker'

type Scores = Awaited<ReturnType<LmHead['score']>>

/** Constant scores: the LM head would take most of the time. */
export function withConstantScores(loaded: LoadedModel): LoadedModel {
  const lmHead = Object.create(loaded.lmHead) as LmHead
  lmHead.score = (_, { length: rows }, { topK }) =>
    Promise.resolve({
      logSumExp: new Float64Array(rows).fill(10),
      entropy: new Float32Array(rows).fill(1),
      targetLogit: new Float32Array(rows).fill(5),
      targetRank: new Int32Array(rows).fill(1),
      topIds: Int32Array.from({ length: rows * topK }, (_, i) => i % topK),
      topLogits: Float32Array.from({ length: rows * topK }, (_, i) => 5 - (i % topK)),
    })
  return { ...loaded, lmHead }
}

/** Adds an error in nats to every log-sum-exp. */
export function withError(backend: Backend, model: LoadedModel, error: number): LoadedModel {
  return withScores(backend, model, (rows) => ({
    ...rows,
    logSumExp: rows.logSumExp.map((sum) => sum + error),
  }))
}

export function withScores(
  backend: Backend,
  model: LoadedModel,
  change: (scores: Scores) => Scores,
): LoadedModel {
  const lmHead = Object.create(model.lmHead) as LmHead
  lmHead.score = async (...request) => change(await model.lmHead.score(...request))
  return { ...model, info: { ...model.info, backend }, lmHead }
}

/** A worker with the loaded model; one whose model's files are missing if it is undefined. */
export function engineOrMissing(loaded: LoadedModel | undefined, otherwise: LoadedModel): InThreadWorker {
  const engine = freshEngine(loaded ?? otherwise)
  const missing = () => Promise.reject(new ModelFilesError('It is not downloaded.'))
  return new InThreadWorker(loaded === undefined ? { ...engine, model: missing } : engine)
}
