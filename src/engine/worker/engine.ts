// S tokens of a window, R requested rows, C = nEmbd, V = tokens of the vocabulary

import type {
  BaselineModel,
  EngineMethods,
  ScoreRequest,
  SideRequest,
} from '../../shared/contracts/engine/engineApi'
import { type ModelInfo, type Precision, START_TOKEN_ID } from '../../shared/contracts/engine/prediction'
import type { RpcHandlers } from '../../shared/rpc'
import type { Tokenizer } from '../../tokenizer/tokenizer'
import { AttributionNeedsFp32Error } from '../../shared/errors'
import {
  checkAttributionRequest,
  checkCompareRequest,
  checkGenerateRequest,
  checkLensRequest,
  checkScoreRequest,
  checkTokenIds,
} from './checkRequests'
import { Continuations } from '../generation/continuations'
import { generateCandidates } from '../generation/generateCandidates'
import { TokenIndex } from '../generation/tokenIndex'
import { cacheBudgetOf, streamBudgetOf } from '../cache/cacheBudget'
import { PrefixCache } from '../cache/prefixCache'
import { StreamCache } from '../cache/streamCache'
import type { InferenceOptions, LoadedModel } from '../inference/model'
import { MIN_STEP_POSITIONS, type StepPolicy } from './stepSize'
import { BaselineModels } from './baselineModels'
import { compareRows } from './compareRows'
import { lensRows } from './lensRows'
import { Scheduler } from './scheduler'
import { TransformerSteps } from './transformerSteps'
import type { Tensor } from '../runtime/tensor'

/** The functions that the thread provides to its engine. */
export interface EngineDependencies {
  readonly loadTokenizer: () => Promise<Tokenizer>
  readonly loadModel: () => Promise<LoadedModel>
  /**
   * Loads a second model.
   * @param beside the engine's own model, and what ends the load
   */
  readonly loadBaseline: (baseline: BaselineModel, beside: BesideOwnModel) => Promise<LoadedModel>
  /**
   * Refuses a second model that cannot be loaded, before its weights are read.
   */
  readonly checkBaseline: (baseline: BaselineModel, inMemory: ModelsInMemory) => Promise<void>
  /** Called once for each model that is loaded. */
  readonly createStepPolicy: (precision: Precision) => StepPolicy
  /** Resolves after pending messages of the thread have been handled. */
  readonly nextMacrotask: () => Promise<void>
}

export interface ModelsInMemory {
  /** The engine's own model. */
  readonly own: ModelInfo
  /** A second model, which would be unloaded before the next one is loaded. */
  readonly unloaded: ModelInfo | undefined
}

/** How a model is loaded beside the engine's own. */
export type BesideOwnModel = Required<Pick<InferenceOptions, 'beside' | 'signal' | 'turn'>>

type Handlers = RpcHandlers<EngineMethods>

interface EngineModel extends LoadedModel {
  readonly cache: PrefixCache
  readonly streams: StreamCache
  readonly stepPolicy: StepPolicy
  readonly steps: TransformerSteps
  /** Number of rows in one run of the LM head. */
  readonly headRows: number
}

/** Answers the engine's calls. Loads the tokenizer and the model with the first call that needs them. */
export class Engine implements Handlers {
  private readonly scheduler: Scheduler
  private readonly tokenizer: () => Promise<Tokenizer>
  private readonly tokenIndex: () => Promise<TokenIndex>
  private readonly loaded: () => Promise<EngineModel>
  private readonly baselines: BaselineModels<EngineModel>

  constructor(private readonly dependencies: EngineDependencies) {
    this.scheduler = new Scheduler(dependencies.nextMacrotask)
    this.tokenizer = once(dependencies.loadTokenizer)
    this.tokenIndex = once(async () => new TokenIndex((await this.tokenizer()).vocabulary, START_TOKEN_ID))
    this.loaded = once(async () => this.prepared(await dependencies.loadModel()))
    this.baselines = new BaselineModels(async (baseline, signal) => {
      const { info: beside } = await this.loaded()
      const turn = async () => {
        await dependencies.nextMacrotask()
        signal.throwIfAborted()
      }
      return this.prepared(await dependencies.loadBaseline(baseline, { beside, signal, turn }))
    })
  }

  readonly vocabulary: Handlers['vocabulary'] = async () => {
    const { vocabulary } = await this.tokenizer()
    return { bytes: vocabulary.bytes, offsets: vocabulary.offsets }
  }

  readonly tokenize: Handlers['tokenize'] = async ({ text }, { signal, transfer }) => {
    const tokenizer = await this.tokenizer()
    const tokens = await tokenizer.tokenize(text, { signal, turn: this.dependencies.nextMacrotask })
    // Copying millions of tokens would hold this thread and the caller's.
    transfer([tokens.tokenIds, tokens.starts, tokens.ends, tokens.partials])
    return tokens
  }

  readonly model: Handlers['model'] = async () => (await this.loaded()).info

  readonly score: Handlers['score'] = (request, { signal, onProgress }) =>
    this.withModelOf(request, signal, async (model) => {
      checkScoreRequest(request, model.info)
      const { tokenIds, firstRow, targets, priority } = request
      const knockout = this.knockout(model, request)
      const { steps } = knockout ?? model
      let computedPositions = 0
      try {
        for (let from = firstRow; from < tokenIds.length; from += model.headRows) {
          const to = Math.min(from + model.headRows, tokenIds.length)
          const residual = await steps.residualRows(
            tokenIds,
            { from, to, priority, signal },
            ({ reached, computed }) => {
              computedPositions += computed
              if (reached <= firstRow) onProgress({ kind: 'reading', position: reached, firstRow })
            },
          )
          try {
            const rows = await this.scheduler.run(priority, signal, () =>
              model.lmHead.score(residual, targets.subarray(from - firstRow, to - firstRow), request),
            )
            onProgress({ kind: 'rows', rows: { firstRow: from, ...rows } })
          } finally {
            residual.dispose()
          }
        }
      } finally {
        knockout?.cache.drop()
      }
      return { computedPositions }
    })

  readonly generate: Handlers['generate'] = async (request, { signal }) => {
    const model = await this.loaded()
    const index = await this.tokenIndex()
    checkGenerateRequest(request, model.info, index.vocabulary)
    const continuations = new Continuations(request.tokenIds, model.cache)
    const readRow = <T>(added: readonly number[], read: (residual: Tensor) => Promise<T>) =>
      this.readLastRow(model, continuations.withTokens(added), { signal, read })
    const candidates = await generateCandidates(request, index, {
      logits: (added) => readRow(added, (residual) => model.lmHead.logits(residual)),
      mostLikely: (added, count) => readRow(added, (residual) => model.lmHead.mostLikely(residual, count)),
    })
    return { candidates }
  }

  readonly logits: Handlers['logits'] = (request, { signal }) =>
    this.withModelOf(request, signal, async (model) => {
      const { tokenIds } = request
      checkTokenIds(tokenIds, model.info)
      return this.readLastRow(model, tokenIds, { signal, read: (residual) => model.lmHead.logits(residual) })
    })

  readonly lens: Handlers['lens'] = (request, { signal, onProgress }) =>
    this.withModelOf(request, signal, async (model) => {
      checkLensRequest(request, model.info)
      return lensRows({ ...model, scheduler: this.scheduler }, request, { signal, onProgress })
    })

  readonly attribution: Handlers['attribution'] = (request, { signal }) =>
    this.withModelOf(request, signal, async ({ attribution, info, steps }) => {
      checkAttributionRequest(request, info)
      if (attribution === undefined) throw needsFp32()
      const scheduling = { priority: 'interactive', signal } as const
      await attribution.prepare(request.contrast, (part) => this.scheduler.run('interactive', signal, part))
      return steps.afterPrefix(request.tokenIds, scheduling, (past) => attribution.attribute(request, past))
    })

  readonly checkBaseline: Handlers['checkBaseline'] = async (baseline) => {
    const { info: own } = await this.loaded()
    if (!this.baselines.has(baseline))
      await this.dependencies.checkBaseline(baseline, { own, unloaded: this.baselines.loaded?.info })
    return undefined
  }

  readonly loadBaseline: Handlers['loadBaseline'] = (baseline, { signal }) =>
    this.baselines.use(baseline, signal, ({ info }) => Promise.resolve(info))

  readonly compare: Handlers['compare'] = async (request, options) => {
    const shown = await this.loaded()
    const compared = async (baseline: EngineModel) => {
      checkCompareRequest(request, { shown: shown.info, baseline: baseline.info })
      return compareRows({ shown, baseline, scheduler: this.scheduler }, request, options)
    }
    const { model } = request.baseline
    return model === undefined ? compared(shown) : this.baselines.use(model, options.signal, compared)
  }

  readonly releaseBaseline: Handlers['releaseBaseline'] = async () => {
    await this.baselines.release()
    return undefined
  }

  /** Runs `work` with the model that answers a request. */
  private async withModelOf<T>(
    { baselineModel }: SideRequest,
    signal: AbortSignal,
    work: (model: EngineModel) => Promise<T>,
  ): Promise<T> {
    return baselineModel === undefined
      ? work(await this.loaded())
      : this.baselines.use(baselineModel, signal, work)
  }

  private prepared(model: LoadedModel): EngineModel {
    const { info, transformer, rowBuffer } = model
    const { precision, nLayer, nEmbd } = info
    const stepPolicy = this.dependencies.createStepPolicy(precision)
    const cache = new PrefixCache(info, cacheBudgetOf(info), () => rowBuffer(nEmbd))
    return {
      ...model,
      stepPolicy,
      cache,
      streams: new StreamCache(streamBudgetOf(info), () => rowBuffer(nLayer * nEmbd)),
      steps: new TransformerSteps({ transformer, stepPolicy, cache, scheduler: this.scheduler }),
      headRows: Math.min(stepPolicy.positions, MIN_STEP_POSITIONS[precision]),
    }
  }

  /**
   * The cache and the steps of a score that knocks rows out. Rows up to the first of them are the ordinary ones; no other
   * row is shared with ordinary runs.
   */
  private knockout(
    { transformer, stepPolicy, cache }: EngineModel,
    { tokenIds, knockedOut = [] }: ScoreRequest,
  ): { readonly cache: PrefixCache; readonly steps: TransformerSteps } | undefined {
    if (knockedOut.length === 0) return undefined
    const own = cache.fork(tokenIds, Math.min(...knockedOut) + 1)
    const { scheduler } = this
    return {
      cache: own,
      steps: new TransformerSteps({ transformer, stepPolicy, cache: own, scheduler, knockedOut }),
    }
  }

  /**
   * Computes the residual row of the last token and returns the result of `read`, at interactive priority.
   * @param read takes the residual row [1, C]
   */
  private async readLastRow<T>(
    { steps }: EngineModel,
    tokenIds: Int32Array,
    { signal, read }: { readonly signal: AbortSignal; readonly read: (residual: Tensor) => Promise<T> },
  ): Promise<T> {
    const to = tokenIds.length
    const residual = await steps.residualRows(tokenIds, {
      from: to - 1,
      to,
      priority: 'interactive',
      signal,
    })
    try {
      return await this.scheduler.run('interactive', signal, () => read(residual))
    } finally {
      residual.dispose()
    }
  }
}

function needsFp32(): AttributionNeedsFp32Error {
  return new AttributionNeedsFp32Error(
    'Direct logit attribution needs fp32: in int8 the parts of a logit do not add up. Switch the precision to fp32.',
  )
}

/** Loads once. After a failure the next call loads again, since the file may have been repaired. */
function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined
  return () => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined
      throw error
    })
    return loading
  }
}
