import type {
  EngineApi,
  GeneratedCandidate,
  GenerateRequest,
  Priority,
  ScoredRows,
} from '../shared/contracts/engineApi'
import { NO_TARGET } from '../shared/contracts/engineApi'
import type { Distribution, TokenScore, ModelInfo } from '../shared/contracts/prediction'
import type { TokenizedText } from '../shared/contracts/tokenizedText'
import { isSameModel } from '../shared/text/modelText'
import { ModelChangedError } from '../shared/errors'
import { Vocabulary } from '../shared/text/vocabulary'
import {
  inputBefore,
  inputOfNext,
  planWindows,
  type Window,
  type WindowLayout,
  windowInput,
  windowTargets,
} from './windows'

/** Tokens [from, to) of a sequence, to be scored by all that stands before them. */
export interface SequenceRequest {
  /** Context and text, without start token. */
  readonly tokenIds: Int32Array
  readonly from: number
  readonly to: number
  readonly startToken: boolean
  /** 1 to 100. */
  readonly topK: number
  /** Above 0, at most 100. */
  readonly temperature: number
  /** The model that everything else of the same view is scored by; where another one speaks now, nothing is. */
  readonly model?: ModelInfo
}

export interface PredictOptions {
  readonly signal?: AbortSignal
  /** Default `bulk`. */
  readonly priority?: Priority
  /** More scores, in order, from token `from` on; null where a token has nothing before it. */
  readonly onScores?: (scores: readonly (TokenScore | null)[]) => void
  /** What stands before the scored tokens is being read: `done` of `total` positions. */
  readonly onReading?: (done: number, total: number) => void
  /** The backend of the request's model cannot go on: the scores from here on are this model's. */
  readonly onContinued?: (model: ModelInfo) => void
}

export interface SequencePrediction {
  readonly scores: readonly (TokenScore | null)[]
  /** What follows token `to − 1`; null where nothing stands before. */
  readonly next: Distribution | null
}

/** Turns requests about texts into runs of the engine; every view and the CLI ask here, never the engine. */
export class PredictionService {
  private loadingVocabulary: Promise<Vocabulary> | undefined
  /** Tokenized texts by the text itself, the one used last is last: the right answer whatever the document did. */
  private readonly tokenized = new Map<string, TokenizedText>()

  private secondsPerPosition: number | undefined

  constructor(private readonly engine: EngineApi) {}

  /** Loads the model where it is not loaded yet. */
  model(options?: { readonly signal?: AbortSignal }): Promise<ModelInfo> {
    return this.engine.model(undefined, options)
  }

  /** Another model speaks from now on: what was measured of the one before is of no use. */
  modelChanged(): void {
    this.secondsPerPosition = undefined
  }

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

  /** @throws TextRunTooLongError, TokenizerCrashedError, CancelledError */
  async tokenize(text: string, options?: { readonly signal?: AbortSignal }): Promise<TokenizedText> {
    const tokens = this.tokenized.get(text) ?? (await this.engine.tokenize({ text }, options))
    this.tokenized.delete(text)
    this.tokenized.set(text, tokens)
    for (const oldest of this.tokenized.keys()) {
      if (this.tokenized.size <= KEPT_TEXTS) break
      this.tokenized.delete(oldest)
    }
    return tokens
  }

  /** @throws NonFiniteLogitsError, InferenceError, ModelChangedError, CancelledError and what loading the model throws */
  async predict(
    request: SequenceRequest,
    { signal, priority = 'bulk', onScores, onReading, onContinued }: PredictOptions = {},
  ): Promise<SequencePrediction> {
    const layout = await this.layout(request, signal)
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
      const started = performance.now()
      const summary = await this.engine.score(
        {
          tokenIds: windowInput(request.tokenIds, window, layout),
          firstRow: window.firstRow,
          targets,
          topK: request.topK,
          temperature,
          priority,
          backend: request.model?.backend,
        },
        {
          signal,
          onProgress: (progress) => {
            if (progress.kind === 'reading') onReading?.(progress.position, progress.firstRow)
            else if (progress.kind === 'continued') onContinued?.(progress.model)
            else {
              const rows = readRows(progress.rows, targets, window, { ...request, temperature })
              add(rows.flatMap(({ score }) => score ?? []))
              next = rows.at(-1)?.next ?? next
            }
          },
        },
      )
      if (summary.computedPositions >= MEASURABLE_POSITIONS) {
        this.secondsPerPosition = (performance.now() - started) / 1000 / summary.computedPositions
      }
    }
    return { scores, next }
  }

  /**
   * Raw logits [50257] behind a scored token, or behind what follows token `to − 1` where `token` is `to`.
   * The token must have something before it.
   */
  async logits(
    request: Pick<SequenceRequest, 'tokenIds' | 'to' | 'startToken' | 'model'> & { readonly token: number },
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<Float32Array> {
    const { tokenIds, to, token } = request
    const layout = await this.layout(request, options.signal)
    const input = token === to ? inputOfNext(tokenIds, to, layout) : inputBefore(tokenIds, token, layout)
    return this.engine.logits({ tokenIds: input, backend: request.model?.backend }, options)
  }

  /** How a text goes on; what the request means is said where it is declared. */
  async generate(
    request: GenerateRequest,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<readonly GeneratedCandidate[]> {
    const { candidates } = await this.engine.generate(request, options)
    return candidates
  }

  /** About how long `predict` would take for these tokens; from the parameters until a run was measured. */
  async estimateSeconds(request: Pick<SequenceRequest, 'from' | 'to' | 'startToken'>): Promise<number> {
    const { parameters, threads } = await this.model()
    const { windows } = planWindows(request, await this.layout(request, undefined))
    const positions = windows.reduce((sum, { first, inputEnd }) => sum + inputEnd - first, 0)
    return positions * (this.secondsPerPosition ?? parameters / (PARAMETERS_PER_SECOND * threads))
  }

  private async layout(
    { startToken, model: expected }: Pick<SequenceRequest, 'startToken' | 'model'>,
    signal: AbortSignal | undefined,
  ): Promise<WindowLayout> {
    const model = await this.engine.model(undefined, { signal })
    if (expected !== undefined && !isSameModel(model, expected))
      throw new ModelChangedError(`The model is ${model.id} now, not ${expected.id}. Run Again asks it.`)
    return { nPositions: model.nPositions, startToken }
  }
}

/** Whatever is colder is as certain, and float32 has no room for it. */
const MIN_TEMPERATURE = 1e-30
/** Documents that people go back and forth between. */
const KEPT_TEXTS = 4
/** Multiply-adds of one core and second in ORT's WASM, at one for each parameter and position. */
const PARAMETERS_PER_SECOND = 1.6e10
/** Shorter runs say more about the engine's start than about its speed. */
const MEASURABLE_POSITIONS = 64
const BITS_PER_NAT = 1 / Math.LN2

interface ReadRow {
  readonly score?: TokenScore
  readonly next?: Distribution
}

/** Rows in columns → what the views speak of. */
function readRows(
  rows: ScoredRows,
  targets: Int32Array,
  { firstRow, seqLen }: Window,
  { topK, temperature }: SequenceRequest,
): ReadRow[] {
  return Array.from(rows.logSumExp, (logSumExp, i) => {
    // float32 rounds the log-sum-exp: without the bound a certain token could be more than certain.
    const logProb = (logit: number) => Math.min(0, logit / temperature - logSumExp)
    const distribution: Distribution = {
      logitsRow: rows.firstRow + i,
      seqLen,
      logSumExp,
      entropy: rows.entropy[i] * BITS_PER_NAT,
      top: Array.from({ length: topK }, (_, k) => {
        const logit = rows.topLogits[i * topK + k]
        return { tokenId: rows.topIds[i * topK + k], logit, logProb: logProb(logit) }
      }),
    }
    if (targets[rows.firstRow - firstRow + i] === NO_TARGET) return { next: distribution }
    const logit = rows.targetLogit[i]
    const nats = logProb(logit)
    const rank = rows.targetRank[i]
    return { score: { ...distribution, logit, logProb: nats, rank, surprisal: -nats * BITS_PER_NAT } }
  })
}
