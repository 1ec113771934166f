import { beforeAll, describe, expect, it } from 'vitest'
import { hoverText, hoverTextWithNext } from '../../../src/prediction/hoverText'
import { type ScoredToken, type PlacePrediction, predictPlace } from '../../../src/prediction/placePrediction'
import type { PredictionService } from '../../../src/prediction/predictionService'
import type { Alternative, TokenScore } from '../../../src/shared/contracts/prediction'
import type { Vocabulary } from '../../../src/shared/text/vocabulary'
import { freshService, LOADING_LIMIT_MS, loadMini } from '../../support/engine/engineUnderTest'
import { MINI } from '../../support/texts/samples'

let service: PredictionService
let vocabulary: Vocabulary
beforeAll(async () => {
  service = freshService(await loadMini())
  vocabulary = await service.vocabulary()
}, LOADING_LIMIT_MS)

describe('What a hover says', () => {
  it('begins with the token, its numbers, the model and how much that has seen', async () => {
    const token = await scored(' catch', { logProb: Math.log(0.00077), rank: 74, surprisal: 10.345 })

    const [line] = linesOf(hoverText(placeOf([token]), vocabulary))

    expect(line).toBe('·catch  p 0.077 %  rank 74 of 50,257  10.35 bits  (mini, 412 tokens before)')
  })

  it('lists the likeliest tokens in columns as wide as they look, and marks the one in the text', async () => {
    const top = await Promise.all([likely('\n', 0.571), likely(' catch', 0.00077), likely('ー', 2e-7)])
    const token = await scored(' catch', { top })

    const [, ...lines] = linesOf(hoverText(placeOf([token]), vocabulary))

    expect(lines).toEqual([
      '  ↵           57.1 %',
      '  ·catch     0.077 %  ← in the text',
      '  ー      2.0×10⁻⁵ %',
    ])
  })

  it('cuts tokens that are longer than a column', async () => {
    const dashes = await scored('-'.repeat(32))

    const [line] = linesOf(hoverText(placeOf([dashes]), vocabulary))

    expect(line).toMatch(/^-{23}… {2}p /)
  })

  it('keeps right-to-left letters from drawing the numbers on their other side', async () => {
    const token = await scored('ש', { top: [await likely('ש', 0.5)] })

    const lines = linesOf(hoverText(placeOf([token]), vocabulary))

    expect(lines[0]).toMatch(/^\u2068ש\u2069 {2}p /)
    expect(lines[1]).toMatch(/^ {2}\u2068ש\u2069 {2}50\.0 %/)
  })

  it.each(['`', '``` ```` `````', '\n```\n'])('keeps the backticks of %j in its code block', async (text) => {
    const place = await predictPlace(service, { text, offset: text.indexOf('`'), startToken: true, topK: 20 })

    const block = hoverTextWithNext(place, vocabulary)

    const [opening, ...inside] = Array.from(block.matchAll(/`+/g), ([run]) => run.length)
    const closing = inside.pop()
    expect(closing).toBe(opening)
    expect(inside.length).toBeGreaterThan(0)
    expect(Math.max(...inside)).toBeLessThan(opening)
  })

  it('shows every part of a character that is split over tokens', async () => {
    const text = 'Hi 👋'
    const place = await predictPlace(service, { text, offset: 3, startToken: true, topK: 1 })

    const lines = linesOf(hoverText(place, vocabulary))

    expect(lines.filter((line) => line.includes('rank'))).toEqual([
      expect.stringMatching(/^·👋 {2}p .* \(mini, 1 token before\)$/),
      expect.stringMatching(/^⟨8B⟩ {2}p .* \(mini, 2 tokens before\)$/),
    ])
  })

  it('says that the first token has only the start token before it', async () => {
    const place = await predictPlace(service, { text: 'abc', offset: 0, startToken: true, topK: 1 })

    expect(linesOf(hoverText(place, vocabulary))[0]).toMatch(/ \(mini, only the start token before\)$/)
  })

  it('says that nothing stands before the first token where there is no start token', async () => {
    const place = await predictPlace(service, { text: 'abc', offset: 0, startToken: false, topK: 1 })

    expect(linesOf(hoverText(place, vocabulary))).toEqual([
      'abc  nothing before it to predict it from  (mini)',
    ])
  })
})

describe('What a hover says is next', () => {
  it('is the likeliest tokens behind the character, the one in the text marked', async () => {
    const place = placeOf([await scored('a')], {
      distribution: { ...NO_SCORE, top: [await likely('\n', 0.9)] },
      tokenId: await idOf('\n'),
      contextTokens: 413,
    })

    const lines = linesOf(hoverTextWithNext(place, vocabulary))

    expect(lines.slice(-3)).toEqual(['', 'Next:', '  ↵  90.0 %  ← in the text'])
  })

  it('has the model and how much that has seen where no token stands above it', () => {
    const place = placeOf([], { distribution: NO_SCORE })

    expect(linesOf(hoverTextWithNext(place, vocabulary))).toEqual(['Next:  (mini, 412 tokens before)'])
  })

  it('has how much was seen where that is less than what the token above has seen', async () => {
    const place = placeOf([await scored('a')], { distribution: NO_SCORE, contextTokens: 255 })

    expect(linesOf(hoverTextWithNext(place, vocabulary)).at(-1)).toBe('Next:  (mini, 255 tokens before)')
  })

  it('is nothing in an empty text without a start token', async () => {
    const place = await predictPlace(service, { text: '', offset: 0, startToken: false, topK: 1 })

    expect(linesOf(hoverTextWithNext(place, vocabulary))).toEqual([
      'Next:  nothing before it to predict it from  (mini)',
    ])
  })
})

const NO_SCORE: TokenScore = {
  logitsRow: 0,
  seqLen: 1,
  logSumExp: 0,
  entropy: 0,
  top: [],
  logit: 0,
  logProb: 0,
  rank: 1,
  surprisal: 0,
}

function placeOf(
  tokens: readonly ScoredToken[],
  next: Partial<PlacePrediction['next']> = {},
): PlacePrediction {
  return {
    model: MINI,
    tokens,
    next: { distribution: null, tokenId: null, contextTokens: 412, ...next },
  }
}

/** 412 tokens into a text. */
async function scored(text: string, parts: Partial<TokenScore> = {}): Promise<ScoredToken> {
  const range = { start: 0, end: text.length }
  const score = { ...NO_SCORE, ...parts }
  return { tokenId: await idOf(text), range, partial: false, score, contextTokens: 412 }
}

async function likely(text: string, probability: number): Promise<Alternative> {
  return { tokenId: await idOf(text), logit: 0, logProb: Math.log(probability) }
}

/** Of a text that is one token; of others the first one's. */
async function idOf(text: string): Promise<number> {
  return (await service.tokenize(text)).tokenIds[0]
}

/** The lines inside the code block. */
function linesOf(block: string): string[] {
  return block.split('\n').slice(1, -1)
}
