// S tokens of a window, R rows that are asked for, C = nEmbd, V = tokens of the vocabulary

import type { EngineMethods, Priority } from '../../shared/contracts/engineApi'
import { type ModelInfo, type Precision, START_TOKEN_ID } from '../../shared/contracts/prediction'
import type { RpcHandlers } from '../../shared/rpc'
import type { Tokenizer } from '../../tokenizer/tokenizer'
import { checkGenerateRequest, checkScoreRequest, checkTokenIds } from './checkRequests'
import { Continuations } from '../generation/continuations'
import { generateCandidates } from '../generation/generateCandidates'
import { TokenIndex } from '../generation/tokenIndex'
import { disposeRows, PrefixCache } from '../cache/prefixCache'
import type { LoadedModel } from '../inference/model'
import { FixedStepSize, StepSize } from './stepSize'
import { Scheduler } from './scheduler'
import type { Tensor } from '../runtime/tensor'

/**
 * Positions that one step of work has at least: between two steps a cancel or a more urgent request gets through.
 * Both take about as long. The LM head has no more: its logits are large, and it gains nothing.
 */
const STEP_POSITIONS: Record<Precision, number> = { fp32: 64, int8: 128 }
/** Four windows of gpt2, sixty of the embedded model; at least two of any model's. */
const KEY_VALUE_BYTES = 320 * 1024 * 1024
/** 21,000 positions of gpt2: what the panel shows can be looked at again by the LM head alone. */
const RESIDUAL_BYTES = 64 * 1024 * 1024

type Handlers = RpcHandlers<EngineMethods>

interface EngineModel extends LoadedModel {
  readonly kept: PrefixCache
  readonly stepSize: StepSize
  /** Rows that the LM head is given at a time. */
  readonly headRows: number
}

export interface EngineDependencies {
  readonly loadTokenizer: () => Promise<Tokenizer>
  readonly loadModel: () => Promise<LoadedModel>
  /** Resolves after other messages of the thread had their turn. */
  readonly nextMacrotask: () => Promise<void>
  /** Positions of every step; only in tests and measurements. */
  readonly chunkPositions?: number
}

/** Answers the engine's calls; loads the tokenizer and the model when they are first asked for. */
export class Engine implements Handlers {
  private readonly scheduler: Scheduler
  private readonly tokenizer: () => Promise<Tokenizer>
  private readonly tokenIndex: () => Promise<TokenIndex>
  private readonly loaded: () => Promise<EngineModel>

  constructor(private readonly parts: EngineDependencies) {
    this.scheduler = new Scheduler(parts.nextMacrotask)
    this.tokenizer = once(parts.loadTokenizer)
    this.tokenIndex = once(async () => new TokenIndex((await this.tokenizer()).vocabulary, START_TOKEN_ID))
    this.loaded = once(async () => {
      const model = await parts.loadModel()
      const { chunkPositions } = parts
      const stepPositions = STEP_POSITIONS[model.info.precision]
      return {
        ...model,
        stepSize:
          chunkPositions === undefined ? new StepSize(stepPositions) : new FixedStepSize(chunkPositions),
        headRows: Math.min(chunkPositions ?? stepPositions, stepPositions),
        kept: new PrefixCache(
          model.info,
          {
            keyValueBytes: Math.max(KEY_VALUE_BYTES, 2 * keyValueBytesOfWindow(model.info)),
            residualBytes: RESIDUAL_BYTES,
          },
          model.rowBuffer,
        ),
      }
    })
  }

  readonly vocabulary: Handlers['vocabulary'] = async () => {
    const { vocabulary } = await this.tokenizer()
    return { bytes: vocabulary.bytes, offsets: vocabulary.offsets }
  }

  readonly tokenize: Handlers['tokenize'] = async ({ text }, { signal }) => {
    const tokenizer = await this.tokenizer()
    return tokenizer.tokenize(text, { signal, turn: this.parts.nextMacrotask })
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
        (position) => {
          computedPositions += position.computed
          if (position.reached <= firstRow)
            onProgress({ kind: 'reading', position: position.reached, firstRow })
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
    const continuations = new Continuations(request.tokenIds, model.kept)
    const candidates = await generateCandidates(request, index, (added) =>
      this.lastLogits(model, continuations.withTokens(added), signal),
    )
    return { candidates }
  }

  readonly logits: Handlers['logits'] = async ({ tokenIds }, { signal }) => {
    const model = await this.loaded()
    checkTokenIds(tokenIds, model.info)
    return this.lastLogits(model, tokenIds, signal)
  }

  /** Raw logits [V] of the last row, for somebody who waits. */
  private async lastLogits(
    model: EngineModel,
    tokenIds: Int32Array,
    signal: AbortSignal,
  ): Promise<Float32Array> {
    const to = tokenIds.length
    const residual = await this.residualRows(model, tokenIds, {
      from: to - 1,
      to,
      priority: 'interactive',
      signal,
    })
    try {
      return await this.scheduler.run('interactive', signal, () => model.lmHead.logits(residual))
    } finally {
      residual.dispose()
    }
  }

  /**
   * Residual rows [from, to) of these tokens, for the caller to dispose of; runs the transformer for what is not
   * kept of them, step by step, and the last step may go on beyond `to`. Every step looks anew for the longest kept
   * prefix: requests that overtake each other use each other's work, and no state is shared between two steps.
   */
  private async residualRows(
    { transformer, kept, stepSize }: EngineModel,
    tokenIds: Int32Array,
    { from, to, priority, signal }: { from: number; to: number; priority: Priority; signal: AbortSignal },
    onStep?: (chunk: { readonly reached: number; readonly computed: number }) => void,
  ): Promise<Tensor> {
    for (;;) {
      // A copy: by the time that it is read, a generation may have gone another way over these rows.
      const rows = kept.residualRows(tokenIds, from, to)
      if (rows !== undefined) return rows
      await this.scheduler.run(priority, signal, async () => {
        const past = kept.longestPrefix(tokenIds)
        const reached = Math.min(past.length + stepSize.positions, tokenIds.length)
        const started = performance.now()
        const newRows = await transformer.run(tokenIds.subarray(past.length, reached), past)
        stepSize.measured(reached - past.length, performance.now() - started)
        kept.append(tokenIds, past.length, newRows)
        disposeRows(newRows)
        onStep?.({ reached, computed: reached - past.length })
      })
    }
  }
}

/** Loads once; a load that failed is tried again by the next call, which may find the file mended. */
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

/** Two requests that overtake each other must both find what they have kept, or neither would ever end. */
function keyValueBytesOfWindow({ nLayer, nPositions, nEmbd }: ModelInfo): number {
  return 2 * nLayer * nPositions * nEmbd * Float32Array.BYTES_PER_ELEMENT
}
