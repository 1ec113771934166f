import {
  type BaselineModel,
  type EngineApi,
  type GeneratedCandidate,
  type GenerateRequest,
  type Priority,
} from '../../shared/contracts/engine/engineApi'
import {
  type Distribution,
  MIN_TEMPERATURE,
  type ModelInfo,
  type TokenScore,
} from '../../shared/contracts/engine/prediction'
import type { TokenizedText } from '../../shared/contracts/engine/tokenizedText'
import { assertNever } from '../../shared/assertNever'
import { ModelChangedError } from '../../shared/errors'
import { isSameModel } from '../../shared/text/modelText'
import { Vocabulary } from '../../shared/text/vocabulary'
import { createColumns } from './alternativeList'
import { readRows } from './scoredRows'
import { inputBefore, inputOfNext, layoutOf, planWindows, windowInput, windowTargets } from './windows'

/** Scores the tokens [from, to) of a sequence, given all tokens before them. */
export interface SequenceRequest {
  /** Tokens of the context and the text, without the start token. */
  readonly tokenIds: Int32Array
  readonly from: number
  readonly to: number
  readonly startToken: boolean
  /** 1 to 100. */
  readonly topK: number
  /** Above 0, at most 100. */
  readonly temperature: number
  /** The model that the rest of the view was scored by; if the engine has another model, the request fails. */
  readonly model?: ModelInfo
  /** For the baseline's side of a comparison: the model to use instead of the engine's own. */
  readonly baselineModel?: BaselineModel | undefined
  /** The most tokens of a window: both sides of a comparison have the same windows. Default: the model's own number. */
  readonly maxPositions?: number
}

/** The fields of a request that name its model. */
export type RequestedModel = Pick<SequenceRequest, 'model' | 'baselineModel'>

/** The facts about the selected model that are known before it is loaded. */
export type ExpectedModel = Pick<ModelInfo, 'id' | 'precision' | 'parameters' | 'nPositions' | 'threads'>

export interface PredictOptions {
  readonly signal?: AbortSignal
  /** Default `bulk`. */
  readonly priority?: Priority
  /** Further scores in order, starting with token `from`; null for a token that nothing precedes. */
  readonly onScores?: (scores: readonly (TokenScore | null)[]) => void
  /** The engine has processed `done` of the `total` positions before the scored tokens. */
  readonly onReading?: (done: number, total: number) => void
  /** The backend of the request's model failed; the following scores are from this model. */
  readonly onContinued?: (model: ModelInfo) => void
}

export interface SequencePrediction {
  readonly scores: readonly (TokenScore | null)[]
  /** The distribution after token `to − 1`; null if no token precedes it. */
  readonly next: Distribution | null
}

/** Turns requests about texts into runs of the engine. All views and the CLI use it instead of the engine. */
export class PredictionService {
  private loadingVocabulary: Promise<Vocabulary> | undefined
  /** Tokenized texts, least recently used first. The key is the whole text, so an entry is never outdated. */
  private readonly tokenized = new Map<string, TokenizedText>()
  /** The model that the engine named last; it may not be loaded any more. */
  private lastModel: ModelInfo | undefined
  /** Seconds per position of the last measured run, by `speedKey`. */
  private readonly measuredSpeeds = new Map<string, number>()

  constructor(private readonly engine: EngineApi) {}

  /**
   * Loads the model if it is not loaded yet.
   * @throws CancelledError and what loading the model throws
   */
  async model(options?: { readonly signal?: AbortSignal }): Promise<ModelInfo> {
    this.lastModel = await this.engine.model(undefined, options)
    return this.lastModel
  }

  /**
   * Loads the model if it is not loaded yet.
   * @throws ModelChangedError if it is another one than `expected`, and what `model` throws
   */
  async sameModel(expected: ModelInfo, options?: { readonly signal?: AbortSignal }): Promise<ModelInfo> {
    const model = await this.model(options)
    if (!isSameModel(model, expected)) throw modelChanged(expected, model)
    return model
  }

  /**
   * The model that answers a request; loads it if it is not loaded yet.
   * @throws ModelChangedError if it is another model than the request names, and what `model` throws
   */
  async modelFor(
    { model: expected, baselineModel }: RequestedModel,
    options?: { readonly signal?: AbortSignal },
  ): Promise<ModelInfo> {
    if (baselineModel === undefined)
      return expected === undefined ? this.model(options) : this.sameModel(expected, options)
    const request = { ...baselineModel, backend: expected?.backend }
    const found = await this.engine.loadBaseline(request, options)
    if (expected !== undefined && !isSameModel(found, expected)) throw modelChanged(expected, found)
    return found
  }

  /** Loads the vocabulary if it is not loaded yet. */
  vocabulary(): Promise<Vocabulary> {
    this.loadingVocabulary ??= this.engine.vocabulary(undefined).then(
      ({ bytes, offsets }) => new Vocabulary(bytes, offsets),
      (error: unknown) => {
        this.loadingVocabulary = undefined
        throw error
      },
    )
    return this.loadingVocabulary
  }

  /** @throws TokenizerCrashedError, CancelledError */
  async tokenize(text: string, options?: { readonly signal?: AbortSignal }): Promise<TokenizedText> {
    const tokens = this.tokenized.get(text) ?? (await this.engine.tokenize({ text }, options))
    this.tokenized.delete(text)
    this.tokenized.set(text, tokens)
    for (const oldest of this.tokenized.keys()) {
      if (this.tokenized.size <= MAX_CACHED_TEXTS) break
      this.tokenized.delete(oldest)
    }
    return tokens
  }

  /**
   * Scores tokens, window by window.
   * @throws NonFiniteLogitsError, InferenceError, ModelChangedError, CancelledError and what loading the model throws
   */
  async predict(
    request: SequenceRequest,
    { signal, priority = 'bulk', onScores, onReading, onContinued }: PredictOptions = {},
  ): Promise<SequencePrediction> {
    const model = await this.modelFor(request, { signal })
    // Named in every call: the engine may change to WebGPU at any time, and the measured speed is of one backend. If that
    // backend fails, the windows that follow name the one that continued.
    let { backend } = request.model ?? model
    const layout = layoutOf(model, request)
    const temperature = Math.max(request.temperature, MIN_TEMPERATURE)
    const { unscored, windows } = planWindows(request, layout)
    const scores: (TokenScore | null)[] = []
    let next: Distribution | null = null
    const add = (more: readonly (TokenScore | null)[]) => {
      scores.push(...more)
      if (more.length > 0) onScores?.(more)
    }

    add(new Array<null>(unscored).fill(null))
    for (const window of windows) {
      const targets = windowTargets(request.tokenIds, window)
      // One set of columns for the window: the rows of a step have too few numbers for arrays of their own.
      const { vocabularySize } = model
      const columns = createColumns({ rows: targets.length, topK: request.topK, temperature, vocabularySize })
      const started = performance.now()
      let isContinued = false
      const summary = await this.engine.score(
        {
          tokenIds: windowInput(request.tokenIds, window, layout),
          firstRow: window.firstRow,
          targets,
          topK: request.topK,
          temperature,
          priority,
          backend,
          baselineModel: request.baselineModel,
        },
        {
          signal,
          onProgress: (progress) => {
            switch (progress.kind) {
              case 'reading':
                onReading?.(progress.position, progress.firstRow)
                break
              case 'continued':
                isContinued = true
                ;({ backend } = progress.model)
                if (request.baselineModel === undefined) this.lastModel = progress.model
                onContinued?.(progress.model)
                break
              case 'rows': {
                const rows = readRows(progress.rows, columns, { ...window, targets })
                add(rows.flatMap(({ score }) => score ?? []))
                next = rows.at(-1)?.next ?? next
                break
              }
              default:
                assertNever(progress)
            }
          },
        },
      )
      // Two backends computed parts of a continued window, so its time is not the speed of either.
      if (!isContinued && summary.computedPositions >= MIN_MEASURED_POSITIONS) {
        const seconds = (performance.now() - started) / 1000
        this.measuredSpeeds.set(speedKey({ ...model, backend }), seconds / summary.computedPositions)
      }
    }
    return { scores, next }
  }

  /**
   * The row of raw logits [V] that `token` is predicted from; if `token` is `to`, the row after token `to − 1`.
   * At least one token, or the start token, must precede it.
   * @throws what `predict` throws
   */
  async logits(
    request: Omit<SequenceRequest, 'from' | 'topK' | 'temperature'> & { readonly token: number },
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<Float32Array> {
    const { tokenIds, to, token, baselineModel } = request
    const layout = layoutOf(await this.modelFor(request, options), request)
    const input = token === to ? inputOfNext(tokenIds, to, layout) : inputBefore(tokenIds, token, layout)
    return this.engine.logits({ tokenIds: input, backend: request.model?.backend, baselineModel }, options)
  }

  /**
   * Generates continuations of a text, most probable first.
   * @throws NonFiniteLogitsError, InferenceError, CancelledError and what loading the model throws
   */
  async generate(
    request: GenerateRequest,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<readonly GeneratedCandidate[]> {
    const { candidates } = await this.engine.generate(request, options)
    return candidates
  }

  /**
   * Estimates how many seconds `predict` takes for these tokens, without loading the model. Uses the speed of the last run
   * with the expected model and precision on the backend that ran last, also after a fall-back; before the first such run, the number
   * of parameters and threads.
   */
  estimateSeconds(
    request: Pick<SequenceRequest, 'from' | 'to' | 'startToken'>,
    expected: ExpectedModel,
  ): number {
    const { lastModel } = this
    const isLast = lastModel?.id === expected.id && lastModel.precision === expected.precision
    const known = isLast ? lastModel : expected
    const { windows } = planWindows(request, layoutOf(known, request))
    const positions = windows.reduce((sum, { first, inputEnd }) => sum + inputEnd - first, 0)
    const measured = isLast ? this.measuredSpeeds.get(speedKey(lastModel)) : undefined
    return positions * (measured ?? expectedSecondsPerPosition(known))
  }
}

/** Enough for switching between a few documents. */
const MAX_CACHED_TEXTS = 4
/** Shorter runs measure the engine's start rather than its speed. */
const MIN_MEASURED_POSITIONS = 256

function speedKey({ fingerprint, precision, backend }: ModelInfo): string {
  return `${backend} ${precision} ${fingerprint}`
}

/** Multiply-adds per second of one core in ORT's WASM; each position takes one per parameter. */
const MULTIPLY_ADDS_PER_SECOND = 1.6e10

function expectedSecondsPerPosition({ parameters, threads }: ExpectedModel): number {
  return parameters / (MULTIPLY_ADDS_PER_SECOND * threads)
}

function modelChanged(expected: ModelInfo, now: ModelInfo): ModelChangedError {
  const name = ({ id, precision }: ModelInfo) => `${id} (${precision})`
  const reason =
    name(expected) === name(now)
      ? `The files of ${name(now)} have changed.`
      : `The model is now ${name(now)}, not ${name(expected)}.`
  return new ModelChangedError(`${reason} Run Again to use the current model.`)
}
