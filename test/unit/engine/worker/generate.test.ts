import { beforeAll, describe, expect, it } from 'vitest'
import { elementAt } from '../../../../src/shared/elementAt'
import { independentRandoms } from '../../../../src/engine/generation/seededRandom'
import type { LoadedModel } from '../../../../src/engine/inference/model'
import type { EngineApi, GenerateRequest } from '../../../../src/shared/contracts/engine/engineApi'
import { concatBytes } from '../../../../src/shared/bytes'
import { CancelledError, InvalidRequestError } from '../../../../src/shared/errors'
import { START_TOKEN_ID } from '../../../../src/shared/contracts/engine/prediction'
import { NEUTRAL_SAMPLING } from '../../../../src/shared/contracts/engine/samplingSettings'
import { sampleDistribution, SortedLogits } from '../../../../src/shared/numbers/sampling'
import { Vocabulary } from '../../../../src/shared/text/vocabulary'
import {
  connect,
  freshEngine,
  LOADING_LIMIT_MS,
  loadMini,
  score,
  scoreEverything,
  withWatchedTransformer,
} from '../../../support/engine/engineUnderTest'
import { COMPLETIONS } from '../../../support/reference/miniExpectations'

const CODE = `import { readFile } from 'node:fs/promises'

/** Reads a JSON file. */
export async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8')
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error('cannot read ' + path)
  }
}
`
const SPACE = 220
const GREEDY = { ...NEUTRAL_SAMPLING, temperature: 0 }

let mini: LoadedModel
let engine: EngineApi
let vocabulary: Vocabulary
beforeAll(async () => {
  mini = await loadMini()
  engine = connect(freshEngine(mini))
  const { bytes, offsets } = await engine.vocabulary(undefined)
  vocabulary = new Vocabulary(bytes, offsets)
}, LOADING_LIMIT_MS)

describe('Candidates of the embedded model', () => {
  it.each([
    ['a half-typed word', COMPLETIONS.halfTypedWord, 'export async func'],
    ['nothing half-typed', { text: CODE, completion: '' }, ''],
    ['a trailing space', COMPLETIONS.afterSpace, ' '],
    ['indentation after a newline', { text: `${CODE}\nfunction f() {\n  `, completion: '' }, '\n  '],
    ['a contraction', COMPLETIONS.contraction, " don'"],
    ['a word that does not exist', { text: `${CODE}const qxzvw`, completion: '' }, 'const qxzvw'],
  ])('continue %s', async (_, { text, completion }, typed) => {
    const before = text.slice(0, text.length - typed.length)
    const { candidates } = await engine.generate(
      await requestFor(before, typed, { candidates: 3, minProbability: 0.05, maxTokens: 8 }),
    )
    expect(candidates.length).toBeGreaterThan(0)
    for (const { tokenIds, continuation } of candidates) {
      const bytes = bytesOf(tokenIds)
      expect(bytes.startsWith(bytesFrom(typed))).toBe(true)
      expect(bytes).toBe(bytesFrom(typed) + Buffer.from(continuation).toString('latin1'))
      expect(continuation.length).toBeGreaterThan(0)
    }
    const best = Buffer.from(elementAt(candidates, 0).continuation).toString()
    expect(best.slice(0, completion.length)).toBe(completion)
  })

  it('continue a character of which only the first bytes are typed', async () => {
    const typedTokenIds = Int32Array.of(41840) // three of 👋’s four bytes
    const request = {
      ...(await requestFor('Hello', '', { candidates: 3, maxTokens: 4 })),
      typed: bytesOfToken(41840),
      typedTokenIds,
    }
    const { candidates } = await engine.generate(request)
    expect(candidates.length).toBeGreaterThan(0)
    for (const { tokenIds } of candidates)
      expect(bytesOf(tokenIds).startsWith('\u00f0\u009f\u0091')).toBe(true)
  })

  it('are those of a simple greedy loop over the logits', async () => {
    const request = await requestFor(`${CODE}\nexport`, '', { maxTokens: 8, maxLines: 100 })
    const { candidates } = await engine.generate(request)
    const plain = await plainLoop(connect(freshEngine(mini)), request)
    const [best] = candidates
    expect(best?.tokenIds).toEqual(plain.tokenIds)
    expect(best?.logProb).toBeCloseTo(plain.logProb, 4)
  })

  it('are those of a simple sampling loop over the logits', async () => {
    const request = await requestFor(`${CODE}\nexport`, '', {
      maxTokens: 12,
      maxLines: 100,
      sampling: { temperature: 1.5, topK: 40, topP: 0.95, minP: 0.01 },
      seed: 6,
    })
    const { candidates } = await engine.generate(request)
    const drawn = await plainSampling(connect(freshEngine(mini)), request)
    expect(candidates.map(({ tokenIds }) => tokenIds)).toEqual([drawn])
  })

  it('have the probabilities of a score of their tokens', async () => {
    const request = await requestFor(`${CODE}\nexport`, '', { candidates: 3, maxTokens: 6 })
    const { candidates } = await engine.generate(request)
    for (const { tokenIds, logProb } of candidates) {
      const whole = Int32Array.of(...request.tokenIds, ...tokenIds)
      const { targetLogit, logSumExp } = await score(connect(freshEngine(mini)), scoreEverything(whole))
      const rows = whole.length - 1
      const from = request.tokenIds.length - 1
      const expected = targetLogit
        .slice(from, rows)
        .reduce((sum, logit, i) => sum + logit - elementAt(logSumExp, from + i), 0)
      expect(logProb).toBeCloseTo(expected, 3)
    }
  })

  it('are the same in an engine that has cached other continuations', async () => {
    const request = await requestFor(CODE, 'export con', { candidates: 3, maxTokens: 6 })
    const used = connect(freshEngine(mini))
    await used.generate({ ...request, sampling: NEUTRAL_SAMPLING, seed: 3 })
    await score(used, scoreEverything(Int32Array.of(...request.tokenIds, ...request.typedTokenIds)))
    const again = await used.generate(request)
    const fresh = await connect(freshEngine(mini)).generate(request)
    expect(again.candidates.map(({ tokenIds }) => tokenIds)).toEqual(
      fresh.candidates.map(({ tokenIds }) => tokenIds),
    )
    again.candidates.forEach(({ logProb }, i) => {
      expect(logProb).toBeCloseTo(elementAt(fresh.candidates, i).logProb, 3)
    })
  })
})

describe('A generation', () => {
  it('runs only a few positions after one more typed character', async () => {
    const { model, runs } = withWatchedTransformer(mini)
    const watched = connect(freshEngine(model))
    await watched.generate(await requestFor(CODE, 'export async func', { maxTokens: 16 }))
    runs.length = 0
    await watched.generate(await requestFor(CODE, 'export async funct', { maxTokens: 16 }))
    const positions = runs.reduce((sum, { length }) => sum + length, 0)
    expect(positions).toBeLessThanOrEqual(16)
  })

  it('leaves the path of its most probable opening in the cache', async () => {
    const { model, runs } = withWatchedTransformer(mini)
    const watched = connect(freshEngine(model))
    const request = await requestFor(`${CODE}\nexport`, '', { candidates: 3, maxTokens: 6 })
    await watched.generate(request)
    runs.length = 0
    await watched.generate({ ...request, candidates: 1 })
    expect(runs).toEqual([])
  })

  it('does not change the numbers of a score that waits for it', async () => {
    const shared = freshEngine(mini)
    const request = await requestFor('export', ' con', { candidates: 5, maxTokens: 6 })
    // One path of the generation is a single space, so it uses the cached row that the score reads. The next path then
    // overwrites this row.
    const text = scoreEverything(Int32Array.of(...request.tokenIds, SPACE))
    const expected = await score(connect(shared), text)
    await connect(shared).generate(await requestFor('x', '', { maxTokens: 1 })) // Loads everything, so the generation runs first.
    const generation = connect(shared).generate(request)
    const scored = await score(connect(shared), text)
    await generation
    expect(scored).toEqual({ ...expected, computedPositions: 0 })
  })

  it('can be cancelled between two tokens', async () => {
    const { model, runs } = withWatchedTransformer(mini)
    const cancel = new AbortController()
    const run = model.transformer.run.bind(model.transformer)
    let left = 5
    model.transformer.run = (tokenIds, past) => {
      if (--left === 0) cancel.abort()
      return run(tokenIds, past)
    }
    const request = await requestFor(CODE, '', { maxTokens: 60, maxLines: 100 })
    const call = freshEngine(model).generate(request, {
      signal: cancel.signal,
      onProgress: () => undefined,
      transfer: () => undefined,
    })
    await expect(call).rejects.toThrow(CancelledError)
    expect(runs.length).toBe(5)
  })

  it('runs between two steps of a long score', async () => {
    const shared = connect(freshEngine(mini, 16))
    const order: string[] = []
    const long = score(shared, scoreEverything(new Int32Array(160).fill(11))).then(() => order.push('score'))
    const request = await requestFor('x', '', { maxTokens: 3 })
    await shared.generate(request).then(() => order.push('generate'))
    await long
    expect(order).toEqual(['generate', 'score'])
  })
})

describe('An invalid generation', () => {
  it.each<[string, Partial<GenerateRequest>]>([
    ['no tokens', { tokenIds: new Int32Array(0) }],
    ['a token beyond the vocabulary', { tokenIds: Int32Array.of(50257) }],
    ['a typed token beyond the vocabulary', { typedTokenIds: Int32Array.of(50257) }],
    ['typed tokens with other bytes', { typed: Buffer.from('a'), typedTokenIds: Int32Array.of(65) }],
    ['typed tokens with fewer bytes', { typed: Buffer.from('ab'), typedTokenIds: Int32Array.of(64) }],
    ['no candidates', { candidates: 0 }],
    ['eleven candidates', { candidates: 11 }],
    ['no tokens to generate', { maxTokens: 0 }],
    ['more tokens than positions', { tokenIds: new Int32Array(500), maxTokens: 13 }],
    ['no lines', { maxLines: 0 }],
    ['a probability above 1', { minProbability: 1.1 }],
    ['a probability of NaN', { minProbability: NaN }],
    ['a negative temperature', { sampling: { ...GREEDY, temperature: -1 } }],
    ['half a top-k', { sampling: { ...GREEDY, topK: 0.5 } }],
    ['a top-p above 1', { sampling: { ...GREEDY, topP: 2 } }],
    ['a negative min-p', { sampling: { ...GREEDY, minP: -1 } }],
    ['a seed of 33 bits', { seed: 2 ** 32 }],
  ])('is rejected: %s', async (_, changes) => {
    const request = { ...(await requestFor('a', '')), ...changes }
    await expect(engine.generate(request)).rejects.toThrow(InvalidRequestError)
  })
})

/** A greedy request for one line after `before` and `typed`. */
async function requestFor(
  before: string,
  typed: string,
  changes: Partial<GenerateRequest> = {},
): Promise<GenerateRequest> {
  const { tokenIds } = await engine.tokenize({ text: before })
  const { tokenIds: typedTokenIds } = await engine.tokenize({ text: typed })
  return {
    tokenIds: Int32Array.of(START_TOKEN_ID, ...tokenIds),
    typed: Buffer.from(typed),
    typedTokenIds,
    candidates: 1,
    maxTokens: 24,
    maxLines: 1,
    minProbability: 0,
    sampling: GREEDY,
    seed: 1,
    ...changes,
  }
}

/** Appends the most likely token until the limit or the end of the text. */
async function plainLoop(
  plain: EngineApi,
  { tokenIds, maxTokens }: GenerateRequest,
): Promise<{ tokenIds: Int32Array; logProb: number }> {
  const added: number[] = []
  let logProb = 0
  while (added.length < maxTokens) {
    const logits = await plain.logits({ tokenIds: Int32Array.of(...tokenIds, ...added) })
    const largest = logits.reduce((a, b) => Math.max(a, b))
    const tokenId = logits.indexOf(largest)
    if (tokenId === START_TOKEN_ID) break
    logProb -= Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0))
    added.push(tokenId)
  }
  return { tokenIds: Int32Array.from(added), logProb }
}

/** Draws tokens from whole rows until the limit or the end of the text. Nothing is typed. */
async function plainSampling(
  plain: EngineApi,
  { tokenIds, maxTokens, sampling, seed }: GenerateRequest,
): Promise<Int32Array> {
  const [random = () => NaN] = independentRandoms(seed, 1)
  const added: number[] = []
  while (added.length < maxTokens) {
    const logits = await plain.logits({ tokenIds: Int32Array.of(...tokenIds, ...added) })
    const tokenId = sampleDistribution(new SortedLogits(logits), sampling).tokenAt(random())
    if (tokenId === START_TOKEN_ID) break
    added.push(tokenId)
  }
  return Int32Array.from(added)
}

function bytesOfToken(tokenId: number): Uint8Array {
  return vocabulary.bytesOf(tokenId).slice()
}

/** As a string with one character for each byte. */
function bytesOf(tokenIds: Int32Array): string {
  return Buffer.from(concatBytes(Array.from(tokenIds, bytesOfToken))).toString('latin1')
}

function bytesFrom(text: string): string {
  return Buffer.from(text).toString('latin1')
}
