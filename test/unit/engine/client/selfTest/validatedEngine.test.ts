import { describe, expect, it } from 'vitest'
import { validatedEngine } from '../../../../../src/engine/client/selfTest/validatedEngine'
import {
  type EngineApi,
  type EngineMethods,
  type GeneratedCandidate,
  type GenerateRequest,
  NO_TARGET,
  type ScoredRows,
  type ScoreProgress,
} from '../../../../../src/shared/contracts/engine/engineApi'
import { CancelledError, MalformedAnswerError } from '../../../../../src/shared/errors'
import type { RpcHandlers } from '../../../../../src/shared/rpc'
import { connect, score, scoreEverything } from '../../../../support/engine/engineUnderTest'
import { HASH_MODEL, hashEngine, STEP_POSITIONS } from '../../../../support/fakes/hashEngine'

const TOKEN_IDS = Int32Array.from({ length: 2 * STEP_POSITIONS }, (_, i) => 40_000 - 17 * i)
const REQUEST = scoreEverything(TOKEN_IDS)
const ON_GPU = { ...HASH_MODEL, backend: 'webgpu' }
const GENERATE: GenerateRequest = {
  tokenIds: TOKEN_IDS,
  typed: new Uint8Array(0),
  typedTokenIds: new Int32Array(0),
  candidates: 1,
  maxTokens: 2,
  maxLines: 1,
  minProbability: 0,
  sampling: { temperature: 0, topK: 0, topP: 1, minP: 0 },
  seed: 0,
}
const CANDIDATE: GeneratedCandidate = {
  tokenIds: Int32Array.of(1, 2),
  continuation: Uint8Array.of(65),
  logProb: -1,
}

describe('A validated engine', () => {
  it('delivers the rows of a request as they are', async () => {
    expect(await score(validatedEngine(connect(hashEngine())), REQUEST)).toEqual(
      await score(connect(hashEngine()), REQUEST),
    )
  })

  it('reports how far it has read', async () => {
    const said: ScoreProgress[] = []
    const request = { ...REQUEST, firstRow: 8, targets: REQUEST.targets.subarray(8) }
    await validatedEngine(connect(hashEngine())).score(request, {
      onProgress: (progress) => said.push(progress),
    })

    expect(said[0]).toEqual({ kind: 'reading', position: 8, firstRow: 8 })
  })

  it.each<[string, (rows: ScoredRows) => unknown]>([
    ['rows that are missing', () => undefined],
    ['rows that leave out a row', (rows) => ({ ...rows, firstRow: rows.firstRow + 1 })],
    ['rows that arrived before', (rows) => ({ ...rows, firstRow: 0 })],
    ['rows without any row', (rows) => ({ ...rows, logSumExp: new Float64Array(0) })],
    ['more rows than tokens', (rows) => ({ ...rows, logSumExp: new Float64Array(STEP_POSITIONS + 1) })],
    ['a column that is too short', (rows) => ({ ...rows, entropy: rows.entropy.subarray(1) })],
    ['a column that is too long', (rows) => ({ ...rows, topIds: Int32Array.of(...rows.topIds, 0) })],
    ['a column of another type', (rows) => ({ ...rows, targetRank: Float32Array.from(rows.targetRank) })],
    ['a column that is not a typed array', (rows) => ({ ...rows, topLogits: [...rows.topLogits] })],
    ['a log-sum-exp that is NaN', (rows) => ({ ...rows, logSumExp: first(rows.logSumExp, NaN) })],
    ['an infinite entropy', (rows) => ({ ...rows, entropy: first(rows.entropy, Infinity) })],
    ['an infinite logit', (rows) => ({ ...rows, topLogits: first(rows.topLogits, -Infinity) })],
    ['the logit of a target that is NaN', (rows) => ({ ...rows, targetLogit: first(rows.targetLogit, NaN) })],
    ['a rank of 0', (rows) => ({ ...rows, targetRank: first(rows.targetRank, 0) })],
    ['a rank beyond the vocabulary', (rows) => ({ ...rows, targetRank: first(rows.targetRank, 50_258) })],
    ['a negative token id', (rows) => ({ ...rows, topIds: first(rows.topIds, -1) })],
    ['a token id beyond the vocabulary', (rows) => ({ ...rows, topIds: first(rows.topIds, 50_257) })],
  ])('rejects %s and delivers only the rows before', async (_, change) => {
    const said: ScoreProgress[] = []
    const engine = engineThatSends((progress) =>
      progress.kind === 'rows' && progress.rows.firstRow > 0
        ? { kind: 'rows', rows: change(progress.rows) }
        : progress,
    )

    const scored = engine.score(REQUEST, { onProgress: (progress) => said.push(progress) })

    await expect(scored).rejects.toThrow(MalformedAnswerError)
    expect(said.length).toBe(1)
  })

  it.each<[string, unknown]>([
    ['of an unknown kind', { kind: 'continued', model: HASH_MODEL }],
    ['without a kind', 'rows'],
    ['after the first row', { kind: 'reading', position: 99, firstRow: 0 }],
  ])('rejects progress %s', async (_, progress) => {
    await expect(engineThatSends(() => progress).score(REQUEST)).rejects.toThrow(MalformedAnswerError)
  })

  it('accepts any logit and rank of a row without a target', async () => {
    const engine = engineThatSends((progress) =>
      progress.kind === 'rows'
        ? {
            kind: 'rows',
            rows: {
              ...progress.rows,
              targetLogit: progress.rows.targetLogit.fill(NaN),
              targetRank: progress.rows.targetRank.fill(0),
            },
          }
        : progress,
    )
    const request = { ...REQUEST, targets: REQUEST.targets.map(() => NO_TARGET) }

    await expect(score(engine, request)).resolves.toMatchObject({ computedPositions: TOKEN_IDS.length })
  })

  it('rejects a request that ends before its last row', async () => {
    const engine = validated({ score: () => Promise.resolve({ computedPositions: 0 }) })

    await expect(engine.score(REQUEST)).rejects.toThrow(/row 0 is missing/)
  })

  it('cancels a request whose rows are malformed', async () => {
    let signal: AbortSignal | undefined
    const engine = validated({
      score: (_, options) => {
        signal = options.signal
        options.onProgress({ kind: 'reading', position: -1, firstRow: 0 })
        return new Promise(() => undefined)
      },
    })
    await engine.score(REQUEST).catch(() => undefined)
    await new Promise(setImmediate)

    expect(signal?.aborted).toBe(true)
  })

  it('is cancelled by its caller', async () => {
    const cancel = new AbortController()
    const scored = validatedEngine(connect(hashEngine())).score(REQUEST, { signal: cancel.signal })
    cancel.abort()

    await expect(scored).rejects.toThrow(CancelledError)
  })

  it('rejects a cancellation that its caller did not ask for', async () => {
    const engine = validated({ logits: () => Promise.reject(new CancelledError()) })

    await expect(engine.logits({ tokenIds: TOKEN_IDS })).rejects.toThrow(MalformedAnswerError)
  })

  it.each<[string, unknown]>([
    ['too few logits', new Float32Array(7)],
    ['a logit that is NaN', new Float32Array(50_257).fill(NaN)],
  ])('rejects %s', async (_, logits) => {
    const engine = validated({ logits: () => Promise.resolve(logits as Float32Array) })

    await expect(engine.logits({ tokenIds: TOKEN_IDS })).rejects.toThrow(MalformedAnswerError)
  })

  it('delivers candidates as they are', async () => {
    const engine = validated({ generate: () => Promise.resolve({ candidates: [CANDIDATE] }) })

    expect(await engine.generate(GENERATE)).toEqual({ candidates: [CANDIDATE] })
  })

  it.each<[string, readonly unknown[]]>([
    ['more candidates than requested', [CANDIDATE, CANDIDATE]],
    ['a candidate with too many tokens', [{ ...CANDIDATE, tokenIds: Int32Array.of(1, 2, 3) }]],
    ['a candidate with a token beyond the vocabulary', [{ ...CANDIDATE, tokenIds: Int32Array.of(50_257) }]],
    ['a candidate without a continuation', [{ ...CANDIDATE, continuation: new Uint8Array(0) }]],
    ['a candidate without a probability', [{ ...CANDIDATE, logProb: NaN }]],
  ])('rejects %s', async (_, candidates) => {
    const answer = { candidates: candidates as readonly GeneratedCandidate[] }
    const engine = validated({ generate: () => Promise.resolve(answer) })

    await expect(engine.generate(GENERATE)).rejects.toThrow(MalformedAnswerError)
  })

  it('describes its model', async () => {
    expect(await modelEngine(ON_GPU).model(undefined)).toEqual(ON_GPU)
  })

  it.each<[string, unknown]>([
    ['that is missing', undefined],
    ['without a fingerprint', { ...ON_GPU, fingerprint: 7 }],
    ['with remarks that are no texts', { ...ON_GPU, remarks: [7] }],
    ['on another backend', { ...ON_GPU, backend: 'wasm' }],
    ['in another precision', { ...ON_GPU, precision: 'fp16' }],
    ['without layers', { ...ON_GPU, nLayer: 0 }],
  ])('rejects a model %s', async (_, model) => {
    await expect(modelEngine(model).model(undefined)).rejects.toThrow(MalformedAnswerError)
  })
})

function validated(handlers: Partial<RpcHandlers<EngineMethods>>): EngineApi {
  return validatedEngine(connect({ ...hashEngine(), ...handlers }))
}

function modelEngine(model: unknown): EngineApi {
  return validated({ model: () => Promise.resolve(model as EngineMethods['model']['result']) })
}

/** An engine that sends what `change` makes of its progress. */
function engineThatSends(change: (progress: ScoreProgress) => unknown): EngineApi {
  const { score: original } = hashEngine()
  return validated({
    score: (request, options) =>
      original(request, {
        ...options,
        onProgress: (progress) => {
          options.onProgress(change(progress) as ScoreProgress)
        },
      }),
  })
}

/** A copy with another first value. */
function first<T extends Float32Array | Float64Array | Int32Array>(values: T, value: number): T {
  const copy = values.slice() as T
  copy[0] = value
  return copy
}
