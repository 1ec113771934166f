import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { logSumExp } from '../../../../src/shared/numbers/logProbs'
import { type Opening, OpeningSearch } from '../../../../src/engine/generation/openings'
import { elementAt } from '../../../../src/shared/elementAt'
import { NEUTRAL_SAMPLING } from '../../../../src/shared/contracts/engine/samplingSettings'
import {
  madeUpModel,
  modelOf,
  type TinyLanguage,
  tinyLanguage,
  type TinyModel,
} from '../../../support/texts/tinyLanguage'

/** Tokens that overlap, so that a typed text can be covered in many ways. */
const OVERLAPPING = ['a', 'b', 'aa', 'ab', 'ba', 'abb', 'aab', 'bab', 'abab', 'baab']
const language = tinyLanguage(OVERLAPPING)

/** There are at most 16 paths, so the search ends before its runs are used. */
const typedTexts = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 4 })

describe('The search for openings', () => {
  it('finds the most probable openings in order, with their probabilities', async () => {
    await fc.assert(
      fc.asyncProperty(typedTexts, fc.nat(), fc.integer({ min: 1, max: 12 }), async (typed, seed, count) => {
        const model = madeUpModel(language, seed)
        const { openings, logMass } = await enumerate(language, model, typed)
        const search = searchFor(typed, model)
        const found = await search.mostProbable(count)
        const expected = openings.slice(0, count)
        expect(found.map(({ tokenIds }) => tokenIds)).toEqual(expected.map(({ tokenIds }) => tokenIds))
        found.forEach(({ logProb }, i) => {
          expect(logProb).toBeCloseTo(elementAt(expected, i).logProb, 9)
        })
        expectMass(search.logMass, logMass)
      }),
      { numRuns: 500 },
    )
  })

  it('draws each opening as often as its probability predicts', async () => {
    await fc.assert(
      fc.asyncProperty(typedTexts, fc.nat(), async (typed, seed) => {
        const model = madeUpModel(language, seed)
        const { openings, logMass } = await enumerate(language, model, typed)
        const search = searchFor(typed, model)
        const draw = await search.drawable(NEUTRAL_SAMPLING)
        const DRAWS = 2_000
        const counts = new Map<string, number>()
        for (let i = 0; i < DRAWS; i++) {
          const drawn = draw?.((i + 0.5) / DRAWS).tokenIds.join() ?? ''
          counts.set(drawn, (counts.get(drawn) ?? 0) + 1)
        }
        for (const { tokenIds, logProb } of openings) {
          const share = (counts.get(tokenIds.join()) ?? 0) / DRAWS
          expect(Math.abs(share - Math.exp(logProb - logMass))).toBeLessThan(0.011)
        }
      }),
      { numRuns: 100 },
    )
  })

  it('orders equally probable openings by their ids', async () => {
    const flat: TinyModel = () => Promise.resolve(new Float32Array(language.end + 1))
    const found = await searchFor('a', flat).mostProbable(4)
    expect(found.map(({ tokenIds }) => tokenIds)).toEqual(
      [['aa'], ['ab'], ['abb'], ['aab']].map((tokens) => [...language.ids(...tokens)]),
    )
  })

  it('runs the model once if nothing is typed', async () => {
    const { model, inputs } = watched(madeUpModel(language, 1))
    await searchFor('', model).mostProbable(3)
    expect(inputs).toEqual([[]])
  })

  it('does not explore negligible paths', async () => {
    const likely = modelOf(language, { '': { abb: 0.99, a: 0.004, ab: 0.004, b: 0.002 } })
    const { model, inputs } = watched(likely)
    const best = elementAt(await searchFor('ab', model).mostProbable(1), 0)
    expect(language.text(best.tokenIds)).toBe('abb')
    expect(inputs).toEqual([[]])
  })

  it('explores an unlikely path that leads to a more probable opening', async () => {
    const surprising = modelOf(language, {
      '': { a: 0.3, ab: 0.1, b: 0.6 },
      a: { bab: 1 },
      ab: { b: 0.5, a: 0.5 },
    })
    const best = elementAt(await searchFor('ab', surprising).mostProbable(1), 0)
    expect(language.text(best.tokenIds)).toBe('abab')
    expect(best.tokenIds).toEqual([...language.ids('a', 'bab')])
  })

  it('finds an opening that ends the text', async () => {
    const ending = modelOf(language, { '': { a: 1 }, a: { END: 0.7, b: 0.3 } })
    const best = elementAt(await searchFor('a', ending).mostProbable(1), 0)
    expect(best.tokenIds).toEqual([language.id('a'), language.end])
  })

  it('finds openings of very unlikely text by the tokenizer’s own path', async () => {
    const typed = 'abba'.repeat(15)
    const { model, inputs } = watched(madeUpModel(language, 3))
    const found = await searchFor(typed, model, 100).mostProbable(3)
    expect(found.length).toBe(3)
    expect(found.every(({ tokenIds }) => language.text(tokenIds).startsWith(typed))).toBe(true)
    expect(inputs.length).toBeLessThanOrEqual(typed.length + 1 + 32)
  })

  it('finds no opening with more than maxTokens tokens', async () => {
    const found = await searchFor('abab', madeUpModel(language, 1), 2).mostProbable(1000)
    expect(found.length).toBeGreaterThan(0)
    expect(Math.max(...found.map(({ tokenIds }) => tokenIds.length))).toBe(2)
  })

  it('finds nothing if maxTokens is too small', async () => {
    const spread = tinyLanguage(['a', 'b'])
    const search = new OpeningSearch(
      { typed: Buffer.from('ab'), typedTokenIds: spread.ids('a', 'b'), maxTokens: 2 },
      spread.index,
      madeUpModel(spread, 1),
    )
    expect(await search.mostProbable(1)).toEqual([])
    expect(await search.drawable(NEUTRAL_SAMPLING)).toBeUndefined()
  })
})

/** A search for a typed text; each of its characters is a token. */
function searchFor(typed: string, model: TinyModel, maxTokens = 20): OpeningSearch {
  const request = { typed: Buffer.from(typed), typedTokenIds: language.ids(...typed), maxTokens }
  return new OpeningSearch(request, language.index, model)
}

/** All openings, most probable first, and the probability of `typed` as a whole. */
async function enumerate(
  { index, text, end }: TinyLanguage,
  model: TinyModel,
  typed: string,
): Promise<{ openings: Opening[]; logMass: number }> {
  const openings: Opening[] = []
  const visit = async (tokenIds: readonly number[], logProb: number): Promise<void> => {
    const logits = await model(tokenIds)
    for (let tokenId = 0; tokenId < index.vocabulary.size; tokenId++) {
      const next = {
        tokenIds: [...tokenIds, tokenId],
        logProb: logProb + elementAt(logits, tokenId) - logSumExp(logits),
      }
      const covered = text(next.tokenIds)
      if (tokenId === end) {
        if (text(tokenIds) === typed) openings.push(next)
      } else if (covered.startsWith(typed) && covered.length > typed.length) openings.push(next)
      else if (typed.startsWith(covered)) await visit(next.tokenIds, next.logProb)
    }
  }
  await visit([], 0)
  openings.sort((a, b) => b.logProb - a.logProb)
  return { openings, logMass: logSumExp(openings.map(({ logProb }) => logProb)) }
}

/** The search may miss at most 1 % of the probability. */
function expectMass(actual: number, expected: number): void {
  expect(actual).toBeLessThanOrEqual(expected + 1e-9)
  expect(actual).toBeGreaterThanOrEqual(expected - Math.log(1.0101))
}

function watched(model: TinyModel): { model: TinyModel; inputs: number[][] } {
  const inputs: number[][] = []
  return {
    inputs,
    model: (tokenIds) => {
      inputs.push([...tokenIds])
      return model(tokenIds)
    },
  }
}
