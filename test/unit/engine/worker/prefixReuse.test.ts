import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { LoadedModel } from '../../../../src/engine/inference/model'
import {
  connect,
  freshEngine,
  LOADING_LIMIT_MS,
  loadMini,
  score,
  type Scored,
  scoreEverything,
  withWatchedTransformer,
} from '../../../support/engine/engineUnderTest'
import { LOG_PROB_TOLERANCE } from '../../../support/reference/referenceAgreement'
import { referenceText } from '../../../support/reference/referenceTexts'

const text = [...referenceText('typescript').tokenIds]
const N = text.length

let model: LoadedModel
beforeAll(async () => {
  model = await loadMini()
}, LOADING_LIMIT_MS)

/** One replacement in a sequence of tokens, at a place given as a fraction of it. */
interface Edit {
  readonly at: number
  readonly removed: number
  readonly inserted: readonly number[]
}
const edits = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    removed: fc.nat({ max: 6 }),
    inserted: fc.array(fc.nat({ max: 50256 }), { maxLength: 6 }),
  }),
  { minLength: 1, maxLength: 5 },
)

describe('An engine that has kept what it ran before', () => {
  it('gives after any edits what a fresh one gives, and runs only what follows the first changed token', async () => {
    await fc.assert(
      fc.asyncProperty(edits, fc.constantFrom(1, 5, 64), async (changes, chunkPositions) => {
        const engine = connect(freshEngine(model, chunkPositions))
        const seen = [text.slice(0, 30)]
        await score(engine, scoreEverything(Int32Array.from(seen[0])))
        for (const change of changes) {
          const edited = apply(change, seen[seen.length - 1])
          const request = scoreEverything(Int32Array.from(edited))
          const reused = await score(engine, request)
          expectSameNumbers(reused, await score(connect(freshEngine(model)), request))
          const kept = Math.max(...seen.map((before) => commonPrefix(before, edited)))
          expect(reused.computedPositions).toBe(edited.length - kept)
          seen.push(edited)
        }
      }),
      { numRuns: 25 },
    )
  })

  it.each([
    { edit: 'a replacement', at: 60, removed: 1, inserted: [11] },
    { edit: 'an insertion', at: 60, removed: 0, inserted: [11, 12, 13] },
    { edit: 'a deletion', at: 60, removed: 2, inserted: [] },
    { edit: 'a replaced first token', at: 0, removed: 1, inserted: [11] },
    { edit: 'a token typed at the end', at: N, removed: 0, inserted: [11] },
  ])('runs n − p positions after $edit at token p of n', async ({ at, removed, inserted }) => {
    const engine = connect(freshEngine(model))
    await score(engine, scoreEverything(Int32Array.from(text)))
    const edited = [...text.slice(0, at), ...inserted, ...text.slice(at + removed)]
    const { computedPositions } = await score(engine, scoreEverything(Int32Array.from(edited)))
    expect(computedPositions).toBe(edited.length - at)
  })

  it('runs nothing for a text that it has seen, nor for a beginning of it', async () => {
    const engine = connect(freshEngine(model))
    const first = await score(engine, scoreEverything(Int32Array.from(text)))
    const again = await score(engine, scoreEverything(Int32Array.from(text)))
    const beginning = await score(engine, scoreEverything(Int32Array.from(text.slice(0, 50))))
    expect([first, again, beginning].map(({ computedPositions }) => computedPositions)).toEqual([N, 0, 0])
  })

  it('still knows the text as it was before an edit', async () => {
    const engine = connect(freshEngine(model))
    await score(engine, scoreEverything(Int32Array.from(text)))
    await score(engine, scoreEverything(Int32Array.from([...text.slice(0, 20), 11, ...text.slice(20)])))
    const before = await score(engine, scoreEverything(Int32Array.from(text)))
    expect(before.computedPositions).toBe(0)
  })

  it('gives the logits of a shown position without running the transformer', async () => {
    const watched = withWatchedTransformer(model)
    const engine = connect(freshEngine(watched.model))
    await score(engine, scoreEverything(Int32Array.from(text)))
    const runsOfScore = watched.runs.length
    await engine.logits({ tokenIds: Int32Array.from(text) })
    await engine.logits({ tokenIds: Int32Array.from(text.slice(0, 33)) })
    await engine.logits({ tokenIds: Int32Array.from(text.slice(0, 1)) })
    expect(watched.runs.length).toBe(runsOfScore)
  })

  it('gives one token more after a shown text at the price of one position', async () => {
    const watched = withWatchedTransformer(model)
    const engine = connect(freshEngine(watched.model))
    await score(engine, scoreEverything(Int32Array.from(text)))
    watched.runs.length = 0
    await engine.logits({ tokenIds: Int32Array.of(...text, 11) })
    expect(watched.runs).toEqual([Int32Array.of(11)])
  })
})

function apply({ at, removed, inserted }: Edit, tokens: readonly number[]): number[] {
  const start = Math.round(at * tokens.length)
  const edited = [...tokens.slice(0, start), ...inserted, ...tokens.slice(start + removed)]
  return edited.length === 0 ? [0] : edited
}

function commonPrefix(a: readonly number[], b: readonly number[]): number {
  const end = a.findIndex((token, i) => token !== b[i])
  return end === -1 ? a.length : end
}

function expectSameNumbers(actual: Scored, expected: Scored): void {
  for (const column of ['logSumExp', 'entropy', 'targetLogit', 'topLogits'] as const) {
    expect(actual[column].length).toBe(expected[column].length)
    const furthest = Math.max(...actual[column].map((value, i) => Math.abs(value - expected[column][i])))
    expect(furthest, column).toBeLessThanOrEqual(LOG_PROB_TOLERANCE)
  }
}
