import type { EngineApi, EngineMethods, ScoreProgress, ScoreRequest } from '../../shared/contracts/engineApi'
import { CancelledError } from '../../shared/errors'
import type { CallOptions } from '../../shared/rpc'
import {
  malformed,
  readCandidates,
  readComputedPositions,
  readLogits,
  readModel,
  readProgress,
} from './readAnswers'

/**
 * The same engine, with a check of each answer of its `model` methods, which throw MalformedAnswerError. It is for the
 * engine on the GPU, which runs in another extension: any extension can take that one's place.
 */
export function checkedEngine(engine: EngineApi): EngineApi {
  return {
    ...engine,
    model: async (request, options) => readModel(await answerOf(engine.model(request, options), options)),
    score: (request, options) => scoreChecked(engine, request, options),
    generate: async (request, options) => ({
      candidates: readCandidates(await answerOf(engine.generate(request, options), options), request),
    }),
    logits: async (request, options) => readLogits(await answerOf(engine.logits(request, options), options)),
  }
}

/** Delivers the rows up to the first malformed ones, which end the call. */
async function scoreChecked(
  engine: EngineApi,
  request: ScoreRequest,
  { signal, onProgress }: CallOptions<ScoreProgress> = {},
): Promise<EngineMethods['score']['result']> {
  const fault = new AbortController()
  let nextRow = request.firstRow
  const accept = (message: unknown) => {
    if (fault.signal.aborted) return
    let progress: ScoreProgress
    try {
      progress = readProgress(message, request, nextRow)
    } catch (error) {
      fault.abort(error)
      return
    }
    onProgress?.(progress)
    if (progress.kind === 'rows') nextRow += progress.rows.logSumExp.length
  }
  const signals = signal === undefined ? [fault.signal] : [signal, fault.signal]
  const asked = engine.score(request, { signal: AbortSignal.any(signals), onProgress: accept })
  const answer = await answerOf(asked, { signal }).finally(() => {
    fault.signal.throwIfAborted()
  })
  if (nextRow !== request.tokenIds.length) throw malformed(`row ${nextRow} is missing`)
  return { computedPositions: readComputedPositions(answer) }
}

/** @throws MalformedAnswerError if the engine cancels a call that the caller did not cancel */
async function answerOf<T>(asked: Promise<T>, options: Pick<CallOptions<never>, 'signal'> = {}): Promise<T> {
  try {
    return await asked
  } catch (error) {
    const isCancelled = error instanceof CancelledError && options.signal?.aborted !== true
    throw isCancelled ? malformed('it cancelled a call by itself') : error
  }
}
