// S tokens of a window, R rows that are asked for, C = nEmbd

import type { Tokenizer } from '../tokenizer/tokenizer'
import { type EngineMethods, NO_TARGET, type ScoreRequest } from '../shared/engineApi'
import { InvalidRequestError } from '../shared/errors'
import { MAX_TEMPERATURE, MAX_TOP_K, type ModelInfo } from '../shared/prediction'
import type { RpcHandlers } from '../shared/rpc'
import { KeptSequences } from './keptSequences'
import type { LoadedModel } from './model'
import { type Priority, Scheduler } from './scheduler'

/** Positions of one step of work: between two steps a cancel or a more urgent request gets through. */
const CHUNK_POSITIONS = 64
/** Four windows of gpt2, sixty of the embedded model; at least two of any model's. */
const KEY_VALUE_BYTES = 320 * 1024 * 1024
/** 21,000 positions of gpt2: what the panel shows can be looked at again by the LM head alone. */
const RESIDUAL_BYTES = 64 * 1024 * 1024

type Handlers = RpcHandlers<EngineMethods>
type EngineModel = LoadedModel & { readonly kept: KeptSequences }

export interface EngineParts {
  readonly loadTokenizer: () => Promise<Tokenizer>
  readonly loadModel: () => Promise<LoadedModel>
  /** Resolves after other messages of the thread had their turn. */
  readonly nextMacrotask: () => Promise<void>
  /** Positions of one step; another number only in tests. */
  readonly chunkPositions?: number
}

/** Answers the engine's calls; loads the tokenizer and the model when they are first asked for. */
export class Engine implements Handlers {
  private readonly scheduler: Scheduler
  private readonly tokenizer: () => Promise<Tokenizer>
  private readonly loaded: () => Promise<EngineModel>
  private readonly chunkPositions: number

  constructor(private readonly parts: EngineParts) {
    this.scheduler = new Scheduler(parts.nextMacrotask)
    this.tokenizer = once(parts.loadTokenizer)
    this.loaded = once(async () => {
      const model = await parts.loadModel()
      return {
        ...model,
        kept: new KeptSequences(model.info, {
          keyValueBytes: Math.max(KEY_VALUE_BYTES, 2 * keyValueBytesOfWindow(model.info)),
          residualBytes: RESIDUAL_BYTES,
        }),
      }
    })
    this.chunkPositions = parts.chunkPositions ?? CHUNK_POSITIONS
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
    const { tokenIds, firstRow, targets } = request
    let computedPositions = 0
    for (let from = firstRow; from < tokenIds.length; from += this.chunkPositions) {
      const to = Math.min(from + this.chunkPositions, tokenIds.length)
      const residual = await this.residualRows(
        model,
        tokenIds,
        { from, to, priority: 'bulk', signal },
        (position) => {
          computedPositions += position.computed
          if (position.reached <= firstRow)
            onProgress({ kind: 'reading', position: position.reached, firstRow })
        },
      )
      const rows = await this.scheduler.run('bulk', signal, () =>
        model.lmHead.score(residual, targets.subarray(from - firstRow, to - firstRow), request),
      )
      onProgress({ kind: 'rows', rows: { firstRow: from, ...rows } })
    }
    return { computedPositions }
  }

  readonly logits: Handlers['logits'] = async ({ tokenIds }, { signal }) => {
    const model = await this.loaded()
    checkTokenIds(tokenIds, model.info)
    const to = tokenIds.length
    const residual = await this.residualRows(model, tokenIds, {
      from: to - 1,
      to,
      priority: 'interactive',
      signal,
    })
    return this.scheduler.run('interactive', signal, () => model.lmHead.logits(residual))
  }

  /**
   * Residual rows [from, to) of these tokens; runs the transformer for what is not kept of them, chunk by chunk.
   * Every chunk looks anew for the longest kept prefix: requests that overtake each other
   * use each other's work, and no state is shared between two chunks.
   */
  private async residualRows(
    { transformer, kept }: EngineModel,
    tokenIds: Int32Array,
    { from, to, priority, signal }: { from: number; to: number; priority: Priority; signal: AbortSignal },
    onChunk?: (chunk: { readonly reached: number; readonly computed: number }) => void,
  ): Promise<Float32Array> {
    const wanted = tokenIds.subarray(0, to)
    for (;;) {
      const rows = kept.residualRows(wanted, from, to)
      if (rows !== undefined) return rows
      await this.scheduler.run(priority, signal, async () => {
        const past = kept.longestPrefix(wanted)
        const reached = Math.min(past.length + this.chunkPositions, to)
        kept.append(wanted, past.length, await transformer.run(wanted.subarray(past.length, reached), past))
        onChunk?.({ reached, computed: reached - past.length })
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

/** @throws InvalidRequestError */
function checkScoreRequest(
  { tokenIds, firstRow, targets, topK, temperature }: ScoreRequest,
  info: ModelInfo,
): void {
  checkTokenIds(tokenIds, info)
  if (firstRow < 0 || firstRow + targets.length !== tokenIds.length) {
    throw new InvalidRequestError(
      `${targets.length} targets from row ${firstRow} on do not fit ${tokenIds.length} rows.`,
    )
  }
  if (!targets.every((id) => id === NO_TARGET || (id >= 0 && id < info.vocabSize))) {
    throw new InvalidRequestError('A target is not a token of the vocabulary.')
  }
  if (!Number.isInteger(topK) || topK < 1 || topK > MAX_TOP_K) {
    throw new InvalidRequestError(`topK is ${topK}; it must be a whole number from 1 to ${MAX_TOP_K}.`)
  }
  if (!(temperature > 0 && temperature <= MAX_TEMPERATURE)) {
    throw new InvalidRequestError(
      `The temperature is ${temperature}; it must be above 0 and at most ${MAX_TEMPERATURE}.`,
    )
  }
}

/** @throws InvalidRequestError */
function checkTokenIds(tokenIds: Int32Array, { nPositions, vocabSize }: ModelInfo): void {
  if (tokenIds.length < 1 || tokenIds.length > nPositions) {
    throw new InvalidRequestError(`A window has 1 to ${nPositions} tokens, not ${tokenIds.length}.`)
  }
  if (!tokenIds.every((id) => id >= 0 && id < vocabSize)) {
    throw new InvalidRequestError('A token id is not in the vocabulary.')
  }
}
