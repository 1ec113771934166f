import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { generateCandidates } from '../../../../src/engine/generation/generateCandidates'
import type { NextLogits } from '../../../../src/engine/generation/openings'
import type { GeneratedCandidate, GenerateRequest } from '../../../../src/shared/contracts/engineApi'
import { NEUTRAL_SAMPLING } from '../../../../src/shared/contracts/samplingSettings'
import { madeUpModel, modelOf, tinyLanguage } from '../../../support/texts/tinyLanguage'

const language = tinyLanguage(['a', 'b', 'c', 'ab', 'abc', ' ', '\n', 'c\na', '\n\n', 'ba'])
const GREEDY = { ...NEUTRAL_SAMPLING, temperature: 0 }

describe('Greedy candidates', () => {
  it('take the most probable token each time', async () => {
    const [best] = await generate(modelOf(language, { '': { a: 0.6, b: 0.4 }, a: { b: 0.9, c: 0.1 } }))
    expect(best.tokenIds).toEqual(language.ids('a', 'b'))
  })

  it('begin with the most probable openings of what is typed, and say what follows it', async () => {
    const model = modelOf(language, {
      '': { abc: 0.3, ab: 0.5, a: 0.2 },
      ab: { c: 0.1, b: 0.9 },
      a: { c: 1 },
    })
    const candidates = await generate(model, { typed: 'a', candidates: 2 })
    expect(candidates.map(({ tokenIds }) => [...tokenIds])).toEqual([
      [...language.ids('ab', 'b')],
      [...language.ids('abc')],
    ])
    expect(continuations(candidates)).toEqual(['bb', 'bc'])
  })

  it('have the probability of their tokens, given what is typed', async () => {
    // Of the ways to go on behind “a” 0.8 is left: “b” is none.
    const model = modelOf(language, {
      '': { ab: 0.4, a: 0.4, b: 0.2 },
      a: { c: 0.5, b: 0.5 },
      ab: { c: 0.5, b: 0.5 },
    })
    const [best] = await generate(model, { typed: 'a', maxTokens: 2 })
    expect(best.tokenIds).toEqual(language.ids('ab', 'b'))
    expect(Math.exp(best.logProb)).toBeCloseTo((0.4 / 0.8) * 0.5, 5)
  })

  it('are ordered by the probability of all that they say', async () => {
    const model = modelOf(language, {
      '': { a: 0.6, b: 0.4 },
      a: { c: 0.4, b: 0.3, a: 0.3 },
    })
    const candidates = await generate(model, { candidates: 2 })
    expect(continuations(candidates)).toEqual(['b', 'ac'])
  })

  it('are there once where two ways say the same', async () => {
    const model = modelOf(language, { '': { ab: 0.5, a: 0.4, c: 0.1 }, a: { b: 1 } })
    const candidates = await generate(model, { candidates: 3 })
    expect(continuations(candidates)).toEqual(['ab', 'c'])
    expect(candidates[0].tokenIds).toEqual(language.ids('ab'))
  })

  it('are none where the text more likely ends', async () => {
    expect(await generate(modelOf(language, { '': { END: 0.9, a: 0.1 } }))).toEqual([])
  })

  it('give way to the less likely ones where the text more likely ends', async () => {
    const candidates = await generate(modelOf(language, { '': { END: 0.6, a: 0.4 } }), { candidates: 2 })
    expect(continuations(candidates)).toEqual(['a'])
  })

  it('begin with what is typed, and differ, whatever the model is', async () => {
    const typedTexts = fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' ', '\n'), maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(typedTexts, fc.nat(), fc.constantFrom(0, 1), async (typed, seed, temperature) => {
        const sampling = { ...NEUTRAL_SAMPLING, temperature }
        const candidates = await generate(madeUpModel(language, seed), {
          typed,
          candidates: 5,
          sampling,
          maxTokens: 9,
        })
        for (const { tokenIds, continuation } of candidates) {
          expect(language.text(tokenIds).startsWith(typed + text(continuation))).toBe(true)
          expect(continuation.length).toBeGreaterThan(0)
        }
        expect(new Set(continuations(candidates)).size).toBe(candidates.length)
        const logProbs = candidates.map(({ logProb }) => logProb)
        expect(logProbs).toEqual([...logProbs].sort((a, b) => b - a))
        expect(Math.max(-Infinity, ...logProbs)).toBeLessThanOrEqual(Math.log(1.02))
      }),
      { numRuns: 300 },
    )
  })
})

describe('A candidate ends', () => {
  const always = (token: string): NextLogits => {
    const logits = new Float32Array(language.end + 1)
    logits[language.id(token)] = 20
    return () => Promise.resolve(logits)
  }

  it('with the most tokens that it may have, those for what is typed included', async () => {
    const [best] = await generate(always('b'), { typed: 'b', maxTokens: 4 })
    expect(best.tokenIds).toEqual(language.ids('b', 'b', 'b', 'b'))
  })

  it('where the text does', async () => {
    const [best] = await generate(modelOf(language, { '': { a: 1 }, a: { b: 1 }, ab: { END: 1 } }))
    expect(text(best.continuation)).toBe('ab')
  })

  it('before the token that takes its probability under the limit', async () => {
    const model = modelOf(language, { '': { a: 0.6, b: 0.4 }, a: { b: 0.5, c: 0.4 }, ab: { c: 0.5, b: 0.4 } })
    const [best] = await generate(model, { minProbability: 0.25 })
    expect(text(best.continuation)).toBe('ab')
  })

  it('with its opening at the soonest, if it is the first; another one is left out', async () => {
    const model = modelOf(language, { '': { a: 0.4, b: 0.3, c: 0.3 }, a: { b: 1 }, b: { b: 1 } })
    const candidates = await generate(model, { candidates: 3, minProbability: 0.5 })
    expect(continuations(candidates)).toEqual(['a'])
  })

  it('right before the newline that ends its line', async () => {
    const [best] = await generate(modelOf(language, { '': { a: 1 }, a: { '\n': 1 }, 'a\n': { b: 1 } }))
    expect(best.tokenIds).toEqual(language.ids('a'))
  })

  it('right before the newline that ends the last of its lines', async () => {
    const lines = modelOf(language, {
      '': { a: 1 },
      a: { '\n': 1 },
      'a\n': { b: 1 },
      'a\nb': { '\n\n': 1 },
      'a\nb\n\n': { c: 1 },
    })
    const [best] = await generate(lines, { maxLines: 2 })
    expect(text(best.continuation)).toBe('a\nb')
    expect(best.tokenIds).toEqual(language.ids('a', '\n', 'b'))
  })

  it('inside a token that has the newline in its middle, and keeps that token', async () => {
    const [best] = await generate(modelOf(language, { '': { b: 1 }, b: { 'c\na': 1 }, 'bc\na': { b: 1 } }))
    expect(text(best.continuation)).toBe('bc')
    expect(best.tokenIds).toEqual(language.ids('b', 'c\na'))
  })

  it('inside its opening, if that has the newline in its middle', async () => {
    const [best] = await generate(modelOf(language, { '': { 'c\na': 1 }, 'c\na': { b: 1 } }))
    expect(text(best.continuation)).toBe('c')
    expect(best.tokenIds).toEqual(language.ids('c\na'))
  })

  it('not at the newlines before its first visible character', async () => {
    const model = modelOf(language, {
      '': { '\n': 1 },
      '\n': { '\n\n': 1 },
      '\n\n\n': { ' ': 1 },
      '\n\n\n ': { a: 1 },
      '\n\n\n a': { '\n': 1 },
    })
    const [best] = await generate(model, { typed: '\n' })
    expect(text(best.continuation)).toBe('\n\n a')
  })
})

describe('Drawn candidates', () => {
  const model = madeUpModel(language, 7)
  const sampling = { ...NEUTRAL_SAMPLING, temperature: 1 }

  it('are the same for the same seed', async () => {
    const request = { typed: 'a', sampling, seed: 5, candidates: 4 }
    expect(await generate(model, request)).toEqual(await generate(model, request))
  })

  it('are others for another seed', async () => {
    const seeds = [1, 2, 3, 4, 5, 6, 7, 8]
    const drawn = await Promise.all(seeds.map((seed) => generate(model, { sampling, seed })))
    expect(new Set(drawn.map(([first]) => text(first.continuation))).size).toBeGreaterThan(4)
  })

  it('are the same ones however many more are asked for', async () => {
    const few = await generate(model, { typed: 'a', sampling, candidates: 3 })
    const many = await generate(model, { typed: 'a', sampling, candidates: 10 })
    expect(continuations(many)).toEqual(expect.arrayContaining(continuations(few)))
  })

  it('are greedy ones at a temperature near 0', async () => {
    const request = { typed: 'a', candidates: 1 }
    const cold = await generate(model, { ...request, sampling: { ...sampling, temperature: 1e-6 } })
    expect(cold).toEqual(await generate(model, request))
  })

  it.each([
    ['the model’s own', sampling, { aa: 0.3, ab: 0.2, ba: 0.3, bb: 0.2 }],
    ['a top-k', { ...sampling, topK: 1 }, { aa: 1 }],
    ['a temperature', { ...sampling, temperature: 0.5 }, { aa: 0.346, ab: 0.154, ba: 0.346, bb: 0.154 }],
    ['a min-p', { ...sampling, minP: 0.9 }, { aa: 0.5, ba: 0.5 }],
  ])('come as often as %s distribution says', async (_, settings, expected) => {
    const followed = { a: 0.6, b: 0.4 }
    const pairs = modelOf(language, { '': { a: 0.51, b: 0.49 }, a: followed, b: followed })
    const DRAWS = 1_500
    const counts = new Map<string, number>()
    for (let seed = 0; seed < DRAWS; seed++) {
      const [drawn] = await generate(pairs, { sampling: settings, seed, maxTokens: 2 })
      const said = text(drawn.continuation)
      counts.set(said, (counts.get(said) ?? 0) + 1)
    }
    for (const [said, probability] of Object.entries(expected)) {
      expect(Math.abs((counts.get(said) ?? 0) / DRAWS - probability), said).toBeLessThan(0.04)
    }
  })

  it('have their probability at temperature 1 whatever they were drawn with', async () => {
    const pairs = modelOf(language, { '': { a: 0.75, b: 0.25 } })
    const [drawn] = await generate(pairs, { sampling: { ...sampling, temperature: 1e-3 }, maxTokens: 1 })
    expect(Math.exp(drawn.logProb)).toBeCloseTo(0.75, 5)
  })
})

interface Wish extends Partial<Omit<GenerateRequest, 'typed'>> {
  readonly typed?: string
}

/** What is typed has a token for each of its characters. */
function generate(model: NextLogits, { typed = '', ...wish }: Wish = {}): Promise<GeneratedCandidate[]> {
  const request: GenerateRequest = {
    tokenIds: Int32Array.of(0),
    typed: Buffer.from(typed),
    typedTokenIds: language.ids(...typed),
    candidates: 1,
    maxTokens: 12,
    maxLines: 1,
    minProbability: 0,
    sampling: GREEDY,
    seed: 1,
    ...wish,
  }
  return generateCandidates(request, language.index, model)
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString()
}

function continuations(candidates: readonly GeneratedCandidate[]): string[] {
  return candidates.map(({ continuation }) => text(continuation))
}
