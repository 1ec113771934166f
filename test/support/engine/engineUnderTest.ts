// The real engine in this thread: ONNX Runtime's WASM, the real tokenizer, the embedded model.

import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Engine } from '../../../src/engine/worker/engine'
import { callsOf } from '../../../src/engine/client/engineCalls'
import { checkLoadable } from '../../../src/engine/inference/loadModelFolder'
import type { LoadedModel } from '../../../src/engine/inference/model'
import { measuredStepSize } from '../../../src/engine/worker/stepSize'
import type { Transformer } from '../../../src/engine/inference/transformer'
import { PredictionService } from '../../../src/prediction/windows/predictionService'
import type {
  EngineApi,
  EngineMethods,
  ModelLocation,
  ScoredRows,
  ScoreRequest,
} from '../../../src/shared/contracts/engine/engineApi'
import { NO_TARGET } from '../../../src/shared/contracts/engine/engineApi'
import { RpcClient, type RpcHandlers, serveRpc } from '../../../src/shared/rpc'
import type { Tokenizer } from '../../../src/tokenizer/tokenizer'
import { loadTokenizer } from '../texts/loadTokenizer'
import { channelPair } from './engineChannel'
import { fixedSteps } from './fixedSteps'
import { loadModel } from './loadModel'

export const MINI: ModelLocation = {
  id: 'mini',
  folder: fileURLToPath(new URL('../../../media/models/mini', import.meta.url)),
  description: 'The embedded model.',
  storage: 'logitscope',
}

/** Timeout of hooks that load a model or run a long text on a busy machine. */
export const LOADING_LIMIT_MS = 60_000

let loadingMini: Promise<LoadedModel> | undefined
let loadingTokenizer: Promise<Tokenizer> | undefined

/** Loads the embedded model once for each test file. */
export function loadMini(): Promise<LoadedModel> {
  loadingMini ??= loadModel(MINI)
  return loadingMini
}

/** Loads the tokenizer, which takes half a second, once for each test file. */
export function loadTokenizerOnce(): Promise<Tokenizer> {
  loadingTokenizer ??= loadTokenizer()
  return loadingTokenizer
}

/**
 * An engine with an empty cache, over a loaded model.
 * @param stepPositions positions of every step; the product's measured policy if undefined
 */
export function freshEngine(model: LoadedModel, stepPositions?: number): Engine {
  return new Engine({
    loadModel: () => Promise.resolve(model),
    checkBaseline: ({ location, precision }, { own }) =>
      checkLoadable(location, { backend: 'wasm', precision, beside: own }),
    loadBaseline: ({ location, precision }, beside) => loadModel(location, { precision, ...beside }),
    loadTokenizer: loadTokenizerOnce,
    createStepPolicy: stepPositions === undefined ? measuredStepSize : fixedSteps(stepPositions),
    nextMacrotask: () => setImmediate(),
  })
}

/** The engine as its callers hold it, connected by the real RPC. */
export function connect(handlers: RpcHandlers<EngineMethods>): EngineApi {
  const [callersEnd, enginesEnd] = channelPair()
  serveRpc<EngineMethods>(enginesEnd, handlers)
  return callsOf(new RpcClient<EngineMethods>(callersEnd))
}

export function freshService(model: LoadedModel, stepPositions?: number): PredictionService {
  return new PredictionService(connect(freshEngine(model, stepPositions)))
}

/** The same model; `runs` records the tokens of every step of its transformer. */
export function withWatchedTransformer(model: LoadedModel): { model: LoadedModel; runs: Int32Array[] } {
  const runs: Int32Array[] = []
  const transformer = Object.create(model.transformer) as Transformer
  transformer.run = (tokenIds, ...rest) => {
    runs.push(tokenIds.slice())
    return model.transformer.run(tokenIds, ...rest)
  }
  transformer.runObserved = (tokenIds, past) => {
    runs.push(tokenIds.slice())
    return model.transformer.runObserved(tokenIds, past)
  }
  return { model: { ...model, transformer }, runs }
}

/** A request that scores every token by the row before it and asks for the last row without a target. */
export function scoreEverything(tokenIds: Int32Array, changes: Partial<ScoreRequest> = {}): ScoreRequest {
  const targets = Int32Array.of(...tokenIds.subarray(1), NO_TARGET)
  return { tokenIds, firstRow: 0, targets, topK: 5, temperature: 1, priority: 'bulk', ...changes }
}

export interface Scored {
  readonly computedPositions: number
  readonly logSumExp: number[]
  readonly entropy: number[]
  readonly targetLogit: number[]
  readonly targetRank: number[]
  readonly topIds: number[]
  readonly topLogits: number[]
}

/** Collects all rows of a request. */
export async function score(engine: EngineApi, request: ScoreRequest): Promise<Scored> {
  const chunks: ScoredRows[] = []
  const { computedPositions } = await engine.score(request, {
    onProgress: (progress) => {
      if (progress.kind === 'rows') chunks.push(progress.rows)
    },
  })
  const column = (name: Exclude<keyof ScoredRows, 'firstRow'>) => chunks.flatMap((rows) => [...rows[name]])
  return {
    computedPositions,
    logSumExp: column('logSumExp'),
    entropy: column('entropy'),
    targetLogit: column('targetLogit'),
    targetRank: column('targetRank'),
    topIds: column('topIds'),
    topLogits: column('topLogits'),
  }
}
