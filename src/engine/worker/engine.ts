// S tokens of a window, R requested rows, C = nEmbd, V = tokens of the vocabulary

import type { EngineMethods, Priority } from '../../shared/contracts/engineApi'
import { type Precision, START_TOKEN_ID } from '../../shared/contracts/prediction'
import type { RpcHandlers } from '../../shared/rpc'
import type { Tokenizer } from '../../tokenizer/tokenizer'
import { checkGenerateRequest, checkScoreRequest, checkTokenIds } from './checkRequests'
import { Continuations } from '../generation/continuations'
import { generateCandidates } from '../generation/generateCandidates'
import { TokenIndex } from '../generation/tokenIndex'
import { cacheBudgetOf } from '../cache/cacheBudget'
import { disposeRows, PrefixCache } from '../cache/prefixCache'
import type { LoadedModel } from '../inference/model'
import { MIN_STEP_POSITIONS, type StepPolicy } from './stepSize'
import { Scheduler } from './scheduler'
import type { Tensor } from '../runtime/tensor'

/** What the thread provides to its engine. */
export interface EngineDependencies {
  readonly loadTokenizer: () => Promise<Tokenizer>
  readonly loadModel: () => Promise<LoadedModel>
  /** Called once for each model that is loaded. */
  readonly createStepPolicy: (precision: Precision) => StepPolicy
  /** Resolves after pending messages of the thread have been handled. */
  readonly nextMacrotask: () => Promise<void>
}

type Handlers = RpcHandlers<EngineMethods>

interface EngineModel extends LoadedModel {
  readonly cache: PrefixCache
  readonly stepPolicy: StepPolicy
  /** Number of rows in one run of the LM head. */
  readonly headRows: number
}

/** Answers the engine's calls. Loads the tokenizer and the model with the first call that needs them. */
export class Engine implements Handlers {
  private readonly scheduler: Scheduler
  private readonly tokenizer: () => Promise<Tokenizer>
  private readonly tokenIndex: () => Promise<TokenIndex>
  private readonly loaded: () => Promise<EngineModel>

  constructor(private readonly dependencies: EngineDependencies) {
    this.scheduler = new Scheduler(dependencies.nextMacrotask)
    this.tokenizer = once(dependencies.loadTokenizer)
    this.tokenIndex = once(async () => new TokenIndex((await this.tokenizer()).vocabulary, START_TOKEN_ID))
    this.loaded = once(() => this.load())
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

  readonly score: Handlers['score'] = async (request, { signal, onProgress }) => {
    const model = await this.loaded()
    checkScoreRequest(request, model.info)
    const { tokenIds, firstRow, targets, priority } = request
    let computedPositions = 0
    for (let from = firstRow; from < tokenIds.length; from += model.headRows) {
      const to = Math.min(from + model.headRows, tokenIds.length)
      const residual = await this.residualRows(
        model,
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
    return { computedPositions }
  }

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

  readonly logits: Handlers['logits'] = async ({ tokenIds }, { signal }) => {
    const model = await this.loaded()
    checkTokenIds(tokenIds, model.info)
    return this.readLastRow(model, tokenIds, { signal, read: (residual) => model.lmHead.logits(residual) })
  }

  readonly lens: Handlers['lens'] = () => Promise.reject(new Error('not built yet'))

  readonly attribution: Handlers['attribution'] = () => Promise.reject(new Error('not built yet'))

  private async load(): Promise<EngineModel> {
    const model = await this.dependencies.loadModel()
    const { precision } = model.info
    const stepPolicy = this.dependencies.createStepPolicy(precision)
    return {
      ...model,
      stepPolicy,
      headRows: Math.min(stepPolicy.positions, MIN_STEP_POSITIONS[precision]),
      cache: new PrefixCache(model.info, cacheBudgetOf(model.info), model.rowBuffer),
    }
  }

  /**
   * What the LM head reads off the last row, at interactive priority.
   * @param read takes the residual row [1, C]
   */
  private async readLastRow<T>(
    model: EngineModel,
    tokenIds: Int32Array,
    { signal, read }: { readonly signal: AbortSignal; readonly read: (residual: Tensor) => Promise<T> },
  ): Promise<T> {
    const to = tokenIds.length
    const residual = await this.residualRows(model, tokenIds, {
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

  /**
   * Residual rows [to − from, C] of the tokens [from, to); the caller disposes of them. Runs the transformer step by
   * step for the rows that are not cached; the last step may continue beyond `to`. Every step looks up the longest
   * cached prefix again, so concurrent requests use each other's work and two steps share no other state.
   */
  private async residualRows(
    { transformer, cache, stepPolicy }: EngineModel,
    tokenIds: Int32Array,
    { from, to, priority, signal }: { from: number; to: number; priority: Priority; signal: AbortSignal },
    onStep?: (step: { readonly reached: number; readonly computed: number }) => void,
  ): Promise<Tensor> {
    for (;;) {
      // A copy, because a generation may overwrite the cached rows before this one is read.
      const rows = cache.residualRows(tokenIds, from, to)
      if (rows !== undefined) return rows
      await this.scheduler.run(priority, signal, async () => {
        const past = cache.longestPrefix(tokenIds)
        const reached = Math.min(past.length + stepPolicy.positions, tokenIds.length)
        const started = performance.now()
        const newRows = await transformer.run(tokenIds.subarray(past.length, reached), past)
        stepPolicy.measured(reached - past.length, performance.now() - started)
        cache.append(tokenIds, past.length, newRows)
        disposeRows(newRows)
        onStep?.({ reached, computed: reached - past.length })
      })
    }
  }
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
