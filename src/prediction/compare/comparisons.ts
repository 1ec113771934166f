import {
  type BaselineModel,
  type ComparedRows,
  type EngineApi,
  type ScoredRows,
} from '../../shared/contracts/engine/engineApi'
import type {
  BaselineOnlyTokens,
  ComparedNext,
  ComparedToken,
  SidesContext,
} from '../../shared/contracts/panel/comparison'
import type { Backend, ModelInfo } from '../../shared/contracts/engine/prediction'
import { assertNever } from '../../shared/assertNever'
import { elementAt } from '../../shared/elementAt'
import { OutOfMemoryError } from '../../shared/errors'
import { isModelError } from '../../shared/modelErrors'
import { continuedModel } from '../../shared/text/modelText'
import { alignTokens, type Alignment, baselineOnlyTokens } from './alignment'
import { type AlternativeColumns, createColumns } from '../windows/alternativeList'
import { type ComparedSequence, type Part, type PartSide, partsOf } from './comparedParts'
import type { PredictionService, SequenceRequest } from '../windows/predictionService'
import { type ReadRow, readRows } from '../windows/scoredRows'
import { inputOfRows, tokensSeenBefore, type WindowLayout } from '../windows/windows'

export interface ComparisonRequest extends Pick<SequenceRequest, 'startToken' | 'topK' | 'model'> {
  readonly shown: ComparedSequence
  /** The same sequence if only the models differ. */
  readonly baseline: ComparedSequence
  /** Absent: the model of the shown side. */
  readonly baselineModel?: BaselineModel
}

export interface ComparisonOptions {
  readonly signal?: AbortSignal
  /** Called once, before the first tokens. */
  readonly onStart?: (sides: ComparedSides) => void
  /** Further compared tokens, in the order of the shown sequence. */
  readonly onTokens?: (tokens: readonly ComparedToken[]) => void
  /** The backend failed; the following tokens are from these models on another one. */
  readonly onContinued?: (models: ComparedModels) => void
}

export interface ComparedModels {
  readonly shown: ModelInfo
  readonly baseline: ModelInfo
}

/** The two sides of a comparison before their tokens. */
export interface ComparedSides {
  readonly model: ModelInfo
  readonly baseline: ModelInfo
  /** Number of tokens that both sides have. */
  readonly shared: number
  readonly contextTokens: SidesContext
  /** In the order of the shown sequence; empty if both sides have the same text. */
  readonly baselineOnly: readonly BaselineOnlyTokens[]
  /** False if the texts differ too much for a diff: then only their common beginning and end are compared. */
  readonly isComplete: boolean
}

export interface Comparison extends ComparedSides {
  /** Tokens that only one side has, and a token that nothing precedes, are not among them. */
  readonly tokens: readonly ComparedToken[]
  /** Null if the sides end differently. */
  readonly next: ComparedNext | null
}

/**
 * Compares the predictions of two models for the same tokens, or of one model for two texts. The windows are those of the
 * model with fewer positions, so that both sides see the same context.
 */
export class Comparisons {
  constructor(
    private readonly engine: EngineApi,
    private readonly service: PredictionService,
  ) {}

  /**
   * Compares every token that both sides have.
   * @throws ModelChangedError, InvalidRequestError, OutOfMemoryError, CancelledError and what loading a model throws
   */
  async compare(
    request: ComparisonRequest,
    { signal, onStart, onTokens, onContinued }: ComparisonOptions = {},
  ): Promise<Comparison> {
    const { shown, baseline: other, baselineModel, topK, startToken } = request
    // Without the baseline's model: the request names the model of the shown side.
    const known = await this.service.modelFor({ model: request.model }, { signal })
    const { model, baseline, ...loaded } = await this.loadSides(request.model ?? known, baselineModel, signal)
    const { runs, isComplete } = await align(shown, other)
    const shared = runs.reduce((sum, { length }) => sum + length, 0)
    const layout = layoutOfSides({ model, baseline }, startToken)
    const contextTokens = {
      shown: tokensSeenBefore(shown, layout),
      baseline: tokensSeenBefore(other, layout),
    }
    const baselineOnly = baselineOnlyTokens(runs, other.tokenIds.subarray(other.from, other.to))
    const sides = { model, baseline, shared, contextTokens, baselineOnly, isComplete }
    onStart?.(sides)

    const tokens: ComparedToken[] = []
    let next: ComparedNext | null = null
    let models: ComparedModels = { shown: model, baseline }
    let { backend } = loaded
    for (const part of partsOf(runs, request, layout)) {
      const options = { topK, vocabularySize: model.vocabularySize }
      const ours = new SideReader(part, part.shown, options)
      const theirs = new SideReader(part, part.baseline, options)
      await this.engine.compare(
        {
          tokenIds: inputOfRows(shown.tokenIds, part.shown, layout),
          firstRow: part.shown.firstRow,
          targets: part.targets,
          topK,
          priority: 'bulk',
          baseline: {
            tokenIds: inputOfRows(other.tokenIds, part.baseline, layout),
            firstRow: part.baseline.firstRow,
            model: baselineModel,
          },
          backend,
        },
        {
          signal,
          onProgress: (progress) => {
            switch (progress.kind) {
              case 'continued':
                models = {
                  shown: continuedModel(model, progress.model),
                  baseline: continuedModel(baseline, progress.baseline),
                }
                // The parts after this one stay there, also if the backend that failed is available again.
                backend = progress.model.backend
                onContinued?.(models)
                break
              case 'rows': {
                const { rows } = progress
                const found = comparedOf(rows, part, [ours.read(rows.shown), theirs.read(rows.baseline)])
                tokens.push(...found.tokens)
                next = found.next ?? next
                if (found.tokens.length > 0) onTokens?.(found.tokens)
                break
              }
              default:
                assertNever(progress)
            }
          },
        },
      )
    }
    return { ...sides, model: models.shown, baseline: models.baseline, tokens, next }
  }

  /**
   * Why a model cannot be the baseline, before any of its weights is read; undefined if it can be loaded.
   * @param model the model of the shown side
   * @throws CancelledError, and what loading the shown side's model throws
   */
  async refusalOf(
    baselineModel: BaselineModel,
    { model, signal }: { readonly model: ModelInfo; readonly signal?: AbortSignal },
  ): Promise<Error | undefined> {
    try {
      await this.engine.checkBaseline({ ...baselineModel, backend: backendBeside(model) }, { signal })
      return undefined
    } catch (error) {
      if (error instanceof OutOfMemoryError || isModelError(error)) return error
      throw error
    }
  }

  /** Unloads the baseline's model. */
  async end(): Promise<void> {
    await this.engine.releaseBaseline(undefined)
  }

  /** Loads the baseline's model. */
  private async loadSides(
    model: ModelInfo,
    baselineModel: BaselineModel | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Pick<ComparedSides, 'model' | 'baseline'> & { readonly backend: Backend }> {
    if (baselineModel === undefined) return { backend: model.backend, model, baseline: model }
    const request = { ...baselineModel, backend: backendBeside(model) }
    const baseline = await this.engine.loadBaseline(request, { signal })
    const { backend, threads } = baseline
    return {
      backend,
      model: backend === model.backend ? model : onBackend(model, { backend, threads }),
      baseline,
    }
  }
}

/** Where a second model is loaded. An engine on WebGPU has the files of one model, so two are compared on WASM. */
function backendBeside({ backend }: ModelInfo): Backend {
  return backend === 'webgpu' ? 'wasm' : backend
}

/** The model on another backend, without what is known of it on its own one. */
function onBackend(
  model: ModelInfo,
  { backend, threads }: Pick<ModelInfo, 'backend' | 'threads'>,
): ModelInfo {
  const { id, description, fingerprint, remarks, parameters, precision } = model
  const { nLayer, nHead, nEmbd, nPositions, vocabularySize } = model
  const files = { id, description, fingerprint, remarks, parameters, precision }
  return { ...files, backend, threads, nLayer, nHead, nEmbd, nPositions, vocabularySize }
}

/** The windows of both sides: those of the model with fewer positions. */
function layoutOfSides(
  { model, baseline }: Pick<ComparedSides, 'model' | 'baseline'>,
  startToken: WindowLayout['startToken'],
): WindowLayout {
  return { startToken, nPositions: Math.min(model.nPositions, baseline.nPositions) }
}

/** Aligns the spans; the runs count from their beginnings. */
async function align(shown: ComparedSequence, baseline: ComparedSequence): Promise<Alignment> {
  const spanOf = ({ tokenIds, from, to }: ComparedSequence) => tokenIds.subarray(from, to)
  return alignTokens(spanOf(shown), spanOf(baseline))
}

/** Reads the rows of one side. */
class SideReader {
  private readonly columns: AlternativeColumns

  constructor(
    private readonly part: Part,
    private readonly side: PartSide,
    options: { readonly topK: number; readonly vocabularySize: number },
  ) {
    this.columns = createColumns({ rows: part.targets.length, temperature: 1, ...options })
  }

  read(rows: ScoredRows): ReadRow[] {
    const { firstRow, endRow: seqLen } = this.side
    return readRows(rows, this.columns, { firstRow, seqLen, targets: this.part.targets })
  }
}

/** The tokens of rows that both sides have read, and the distributions after the last token if they are among them. */
function comparedOf(
  { shown, kl, jensenShannon }: ComparedRows,
  part: Part,
  [ours, theirs]: readonly [readonly ReadRow[], readonly ReadRow[]],
): { tokens: ComparedToken[]; next: ComparedNext | undefined } {
  const tokens: ComparedToken[] = []
  let next: ComparedNext | undefined
  const offset = shown.firstRow - part.shown.firstRow
  for (const [i, row] of ours.entries()) {
    const other = elementAt(theirs, i)
    const divergence = { kl: elementAt(kl, i), jensenShannon: elementAt(jensenShannon, i) }
    if (row.score !== undefined && other.score !== undefined) {
      tokens.push({
        position: part.position + offset + i,
        baselinePosition: part.baselinePosition + offset + i,
        score: row.score,
        baselineScore: other.score,
        ...divergence,
      })
    } else if (row.next !== undefined && other.next !== undefined) {
      next = { shown: row.next, baseline: other.next, ...divergence }
    }
  }
  return { tokens, next }
}
