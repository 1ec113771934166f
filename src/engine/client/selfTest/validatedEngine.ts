import type { EngineApi } from '../../../shared/contracts/engine/engineApi'
import { CancelledError } from '../../../shared/errors'
import type { CallOptions } from '../../../shared/rpc'
import {
  malformed,
  readCandidates,
  readCompareProgress,
  readComputedPositions,
  readLogits,
  readModel,
  readProgress,
} from './readAnswers'
import { readAttribution, readLensProgress } from './readExplanations'

/**
 * The same engine, with a check of each answer of its `model` methods, which throw MalformedAnswerError. It is for the
 * engine on the GPU, which runs in another extension: any extension can take that one's place.
 */
export function validatedEngine(engine: EngineApi): EngineApi {
  return {
    ...engine,
    model: async (request, options) => readModel(await answerOf(engine.model(request, options), options)),
    score: (request, options = {}) =>
      rowsValidated((validated) => engine.score(request, validated), options, {
        firstRow: request.firstRow,
        endRow: request.tokenIds.length,
        read: (message, nextRow) => readProgress(message, request, nextRow),
        rowsIn: (progress) => (progress.kind === 'rows' ? progress.rows.logSumExp.length : 0),
      }),
    generate: async (request, options) => ({
      candidates: readCandidates(await answerOf(engine.generate(request, options), options), request),
    }),
    logits: async (request, options) => readLogits(await answerOf(engine.logits(request, options), options)),
    lens: (request, options = {}) =>
      rowsValidated((validated) => engine.lens(request, validated), options, {
        firstRow: request.firstRow,
        endRow: request.endRow,
        read: (message, nextRow) => readLensProgress(message, request, nextRow),
        rowsIn: (progress) => (progress.kind === 'rows' ? progress.rows.length : 0),
      }),
    compare: (request, options = {}) =>
      rowsValidated((validated) => engine.compare(request, validated), options, {
        firstRow: request.firstRow,
        endRow: request.tokenIds.length,
        read: (message, nextRow) => readCompareProgress(message, request, nextRow),
        rowsIn: (progress) => (progress.kind === 'rows' ? progress.rows.kl.length : 0),
      }),
    loadBaseline: async (request, options) =>
      readModel(await answerOf(engine.loadBaseline(request, options), options)),
    attribution: async (request, options) =>
      readAttribution(await answerOf(engine.attribution(request, options), options), request),
  }
}

interface RowStream<Progress> {
  readonly firstRow: number
  readonly endRow: number
  /** @throws MalformedAnswerError */
  readonly read: (message: unknown, nextRow: number) => Progress
  readonly rowsIn: (progress: Progress) => number
}

/** Delivers the rows up to the first malformed ones, which end the call. */
async function rowsValidated<Progress>(
  ask: (options: CallOptions<Progress>) => Promise<unknown>,
  { signal, onProgress }: CallOptions<Progress>,
  { firstRow, endRow, read, rowsIn }: RowStream<Progress>,
): Promise<{ readonly computedPositions: number }> {
  const fault = new AbortController()
  let nextRow = firstRow
  const accept = (message: unknown) => {
    if (fault.signal.aborted) return
    let progress: Progress
    try {
      progress = read(message, nextRow)
    } catch (error) {
      fault.abort(error)
      return
    }
    onProgress?.(progress)
    nextRow += rowsIn(progress)
  }
  const signals = signal === undefined ? [fault.signal] : [signal, fault.signal]
  const asked = ask({ signal: AbortSignal.any(signals), onProgress: accept })
  const answer = await answerOf(asked, { signal }).finally(() => {
    fault.signal.throwIfAborted()
  })
  if (nextRow !== endRow) throw malformed(`row ${nextRow} is missing`)
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
