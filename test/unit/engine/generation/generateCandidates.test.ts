import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { generateCandidates } from '../../../../src/engine/generation/generateCandidates'
import type { GeneratedCandidate, GenerateRequest } from '../../../../src/shared/contracts/engine/engineApi'
import { elementAt } from '../../../../src/shared/elementAt'
import { NEUTRAL_SAMPLING } from '../../../../src/shared/contracts/engine/samplingSettings'
import {
  madeUpModel,
  modelOf,
  rowsOf,
  tinyLanguage,
  type TinyModel,
} from '../../../support/texts/tinyLanguage'

const language = tinyLanguage(['a', 'b', 'c', 'ab', 'abc', ' ', '\n', 'c\na', '\n\n', 'ba'])
const GREEDY = { ...NEUTRAL_SAMPLING, temperature: 0 }

describe('Greedy candidates', () => {
  it('take the most probable token at every step', async () => {
    const best = await bestOf(modelOf(language, { '': { a: 0.6, b: 0.4 }, a: { b: 0.9, c: 0.1 } }))
    expect(best.tokenIds).toEqual(language.ids('a', 'b'))
  })

  it('begin with the most probable openings of the typed text, and return the text after it', async () => {
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

  it('have the probability of their tokens given the typed text', async () => {
    // The typed “a” leaves openings with a total probability of 0.8.
    const model = modelOf(language, {
      '': { ab: 0.4, a: 0.4, b: 0.2 },
      a: { c: 0.5, b: 0.5 },
      ab: { c: 0.5, b: 0.5 },
    })
    const best = await bestOf(model, { typed: 'a', maxTokens: 2 })
    expect(best.tokenIds).toEqual(language.ids('ab', 'b'))
    expect(Math.exp(best.logProb)).toBeCloseTo((0.4 / 0.8) * 0.5, 5)
  })

  it('are ordered by their whole probability', async () => {
    const model = modelOf(language, {
      '': { a: 0.6, b: 0.4 },
      a: { c: 0.4, b: 0.3, a: 0.3 },
    })
    const candidates = await generate(model, { candidates: 2 })
    expect(continuations(candidates)).toEqual(['b', 'ac'])
  })

  it('do not include the same continuation twice', async () => {
    const model = modelOf(language, { '': { ab: 0.5, a: 0.4, c: 0.1 }, a: { b: 1 } })
    const candidates = await generate(model, { candidates: 3 })
    expect(continuations(candidates)).toEqual(['ab', 'c'])
    expect(candidates[0]?.tokenIds).toEqual(language.ids('ab'))
  })

  it('are empty if the end of the text is the only opening', async () => {
    expect(await generate(modelOf(language, { '': { END: 0.9, a: 0.1 } }))).toEqual([])
  })

  it('do not include the end of the text, even if it is the most probable', async () => {
    const candidates = await generate(modelOf(language, { '': { END: 0.6, a: 0.4 } }), { candidates: 2 })
    expect(continuations(candidates)).toEqual(['a'])
  })

  it('begin with the typed text and are different for any model', async () => {
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
  const always = (token: string): TinyModel => {
    const logits = new Float32Array(language.end + 1)
    logits[language.id(token)] = 20
    return () => Promise.resolve(logits)
  }

  it('after maxTokens tokens, including those of the typed text', async () => {
    const best = await bestOf(always('b'), { typed: 'b', maxTokens: 4 })
    expect(best.tokenIds).toEqual(language.ids('b', 'b', 'b', 'b'))
  })

  it('at the end of the text', async () => {
    const best = await bestOf(modelOf(language, { '': { a: 1 }, a: { b: 1 }, ab: { END: 1 } }))
    expect(text(best.continuation)).toBe('ab')
  })

  it('before the token that would make it less probable than minProbability', async () => {
    const model = modelOf(language, { '': { a: 0.6, b: 0.4 }, a: { b: 0.5, c: 0.4 }, ab: { c: 0.5, b: 0.4 } })
    const best = await bestOf(model, { minProbability: 0.25 })
    expect(text(best.continuation)).toBe('ab')
  })

  it('after its opening at the earliest if it is the first; others that would end earlier are omitted', async () => {
    const model = modelOf(language, { '': { a: 0.4, b: 0.3, c: 0.3 }, a: { b: 1 }, b: { b: 1 } })
    const candidates = await generate(model, { candidates: 3, minProbability: 0.5 })
    expect(continuations(candidates)).toEqual(['a'])
  })

  it('before the newline that ends its line', async () => {
    const best = await bestOf(modelOf(language, { '': { a: 1 }, a: { '\n': 1 }, 'a\n': { b: 1 } }))
    expect(best.tokenIds).toEqual(language.ids('a'))
  })

  it('before the newline that ends the last of its lines', async () => {
    const lines = modelOf(language, {
      '': { a: 1 },
      a: { '\n': 1 },
      'a\n': { b: 1 },
      'a\nb': { '\n\n': 1 },
      'a\nb\n\n': { c: 1 },
    })
    const best = await bestOf(lines, { maxLines: 2 })
    expect(text(best.continuation)).toBe('a\nb')
    expect(best.tokenIds).toEqual(language.ids('a', '\n', 'b'))
  })

  it('inside a token that contains the newline, and includes that token', async () => {
    const best = await bestOf(modelOf(language, { '': { b: 1 }, b: { 'c\na': 1 }, 'bc\na': { b: 1 } }))
    expect(text(best.continuation)).toBe('bc')
    expect(best.tokenIds).toEqual(language.ids('b', 'c\na'))
  })

  it('inside its opening if that contains the newline', async () => {
    const best = await bestOf(modelOf(language, { '': { 'c\na': 1 }, 'c\na': { b: 1 } }))
    expect(text(best.continuation)).toBe('c')
    expect(best.tokenIds).toEqual(language.ids('c\na'))
  })

  it('not at newlines before its first visible character', async () => {
    const model = modelOf(language, {
      '': { '\n': 1 },
      '\n': { '\n\n': 1 },
      '\n\n\n': { ' ': 1 },
      '\n\n\n ': { a: 1 },
      '\n\n\n a': { '\n': 1 },
    })
    const best = await bestOf(model, { typed: '\n' })
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

  it('differ for different seeds', async () => {
    const seeds = [1, 2, 3, 4, 5, 6, 7, 8]
    const drawn = await Promise.all(seeds.map((seed) => bestOf(model, { sampling, seed })))
    expect(new Set(drawn.map(({ continuation }) => text(continuation))).size).toBeGreaterThan(4)
  })

  it('include those of a smaller request', async () => {
    const few = await generate(model, { typed: 'a', sampling, candidates: 3 })
    const many = await generate(model, { typed: 'a', sampling, candidates: 10 })
    expect(continuations(many)).toEqual(expect.arrayContaining(continuations(few)))
  })

  it('are greedy at a temperature near 0', async () => {
    const request = { typed: 'a', candidates: 1 }
    const cold = await generate(model, { ...request, sampling: { ...sampling, temperature: 1e-6 } })
    expect(cold).toEqual(await generate(model, request))
  })

  it.each([
    ['the model’s own', sampling, { aa: 0.3, ab: 0.2, ba: 0.3, bb: 0.2 }],
    ['a top-k', { ...sampling, topK: 1 }, { aa: 1 }],
    ['a temperature', { ...sampling, temperature: 0.5 }, { aa: 0.346, ab: 0.154, ba: 0.346, bb: 0.154 }],
    ['a min-p', { ...sampling, minP: 0.9 }, { aa: 0.5, ba: 0.5 }],
  ])('are as frequent as %s distribution predicts', async (_, settings, expected) => {
    const followed = { a: 0.6, b: 0.4 }
    const pairs = modelOf(language, { '': { a: 0.51, b: 0.49 }, a: followed, b: followed })
    const DRAWS = 1_500
    const counts = new Map<string, number>()
    for (let seed = 0; seed < DRAWS; seed++) {
      const drawn = await bestOf(pairs, { sampling: settings, seed, maxTokens: 2 })
      const continuation = text(drawn.continuation)
      counts.set(continuation, (counts.get(continuation) ?? 0) + 1)
    }
    for (const [continuation, probability] of Object.entries(expected)) {
      expect(Math.abs((counts.get(continuation) ?? 0) / DRAWS - probability), continuation).toBeLessThan(0.04)
    }
  })

  it('have their probability at temperature 1 for any sampling settings', async () => {
    const pairs = modelOf(language, { '': { a: 0.75, b: 0.25 } })
    const drawn = await bestOf(pairs, { sampling: { ...sampling, temperature: 1e-3 }, maxTokens: 1 })
    expect(Math.exp(drawn.logProb)).toBeCloseTo(0.75, 5)
  })
})

interface Wish extends Partial<Omit<GenerateRequest, 'typed'>> {
  readonly typed?: string
}

/** Generates candidates; each typed character is a token. */
function generate(model: TinyModel, { typed = '', ...wish }: Wish = {}): Promise<GeneratedCandidate[]> {
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
  return generateCandidates(request, language.index, rowsOf(model))
}

async function bestOf(model: TinyModel, wish: Wish = {}): Promise<GeneratedCandidate> {
  return elementAt(await generate(model, wish), 0)
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString()
}

function continuations(candidates: readonly GeneratedCandidate[]): string[] {
  return candidates.map(({ continuation }) => text(continuation))
}
