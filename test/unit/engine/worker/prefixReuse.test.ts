import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { elementAt } from '../../../../src/shared/elementAt'
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

/** A replacement in a sequence of tokens; `at` is a fraction of its length. */
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
  { minLength: 1, maxLength: 4 },
)

describe('An engine with cached rows', () => {
  it('gives the numbers of a fresh one after any edits, and runs only the tokens from the first changed one on', async () => {
    await fc.assert(
      fc.asyncProperty(edits, fc.constantFrom(2, 5, 64), async (changes, stepPositions) => {
        const engine = connect(freshEngine(model, stepPositions))
        let current = text.slice(0, 15)
        const seen = [current]
        await score(engine, scoreEverything(Int32Array.from(current)))
        for (const change of changes) {
          const edited = apply(change, current)
          const request = scoreEverything(Int32Array.from(edited))
          const reused = await score(engine, request)
          expectSameNumbers(reused, await score(connect(freshEngine(model)), request))
          const cached = Math.max(...seen.map((before) => commonPrefix(before, edited)))
          expect(reused.computedPositions).toBe(edited.length - cached)
          seen.push(edited)
          current = edited
        }
      }),
      { numRuns: 8 },
    )
  })

  it.each([
    { edit: 'a replacement', at: 60, removed: 1, inserted: [11] },
    { edit: 'an insertion', at: 60, removed: 0, inserted: [11, 12, 13] },
    { edit: 'a deletion', at: 60, removed: 2, inserted: [] },
    { edit: 'a replaced first token', at: 0, removed: 1, inserted: [11] },
    { edit: 'an appended token', at: N, removed: 0, inserted: [11] },
  ])('runs n − p positions after $edit at token p of n', async ({ at, removed, inserted }) => {
    const engine = connect(freshEngine(model))
    await score(engine, scoreEverything(Int32Array.from(text)))
    const edited = [...text.slice(0, at), ...inserted, ...text.slice(at + removed)]
    const { computedPositions } = await score(engine, scoreEverything(Int32Array.from(edited)))
    expect(computedPositions).toBe(edited.length - at)
  })

  it('runs nothing for a cached text or a prefix of it', async () => {
    const engine = connect(freshEngine(model))
    const first = await score(engine, scoreEverything(Int32Array.from(text)))
    const again = await score(engine, scoreEverything(Int32Array.from(text)))
    const beginning = await score(engine, scoreEverything(Int32Array.from(text.slice(0, 50))))
    expect([first, again, beginning].map(({ computedPositions }) => computedPositions)).toEqual([N, 0, 0])
  })

  it('still has the text before an edit in its cache', async () => {
    const engine = connect(freshEngine(model))
    await score(engine, scoreEverything(Int32Array.from(text)))
    await score(engine, scoreEverything(Int32Array.from([...text.slice(0, 20), 11, ...text.slice(20)])))
    const before = await score(engine, scoreEverything(Int32Array.from(text)))
    expect(before.computedPositions).toBe(0)
  })

  it('gives the logits of a cached position without a run of the transformer', async () => {
    const watched = withWatchedTransformer(model)
    const engine = connect(freshEngine(watched.model))
    await score(engine, scoreEverything(Int32Array.from(text)))
    const runsOfScore = watched.runs.length
    await engine.logits({ tokenIds: Int32Array.from(text) })
    await engine.logits({ tokenIds: Int32Array.from(text.slice(0, 33)) })
    await engine.logits({ tokenIds: Int32Array.from(text.slice(0, 1)) })
    expect(watched.runs.length).toBe(runsOfScore)
  })

  it('runs one position for a token appended to a cached text', async () => {
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
    const furthest = Math.max(
      ...actual[column].map((value, i) => Math.abs(value - elementAt(expected[column], i))),
    )
    expect(furthest, column).toBeLessThanOrEqual(LOG_PROB_TOLERANCE)
  }
}
