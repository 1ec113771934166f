import { describe, expect, it } from 'vitest'
import { hoverText, hoverTextWithNext } from '../../../../src/prediction/live/hoverText'
import {
  type ScoredToken,
  type PlacePrediction,
  predictPlace,
} from '../../../../src/prediction/live/placePrediction'
import { PredictionService } from '../../../../src/prediction/windows/predictionService'
import type { Alternative, TokenScore } from '../../../../src/shared/contracts/engine/prediction'
import { elementAt } from '../../../../src/shared/elementAt'
import { connect } from '../../../support/engine/engineUnderTest'
import { hashEngine } from '../../../support/fakes/hashEngine'
import { MINI, vocabulary } from '../../../support/texts/samples'

const service = new PredictionService(connect(hashEngine(MINI)))

describe('hoverText', () => {
  it('starts with the token and its numbers', async () => {
    const token = await scored(' catch', { logProb: Math.log(0.00077), rank: 74, surprisal: 10.345 })

    const [line] = linesOf(hoverText(placeOf([token]), vocabulary))

    expect(line).toBe('·catch  p 0.077 %  rank 74 of 50,257  10.35 bits')
  })

  it('lists the most likely tokens in aligned columns and marks the token of the text', async () => {
    const top = await Promise.all([likely('\n', 0.571), likely(' catch', 0.00077), likely('ー', 2e-7)])
    const token = await scored(' catch', { top })

    const [, ...lines] = linesOf(hoverText(placeOf([token]), vocabulary))

    expect(lines).toEqual(['  ↵        57.1 %', '  ·catch  0.077 %  ← in the text', '  ー       2.0e-7'])
  })

  it('has both sides and Δ of a token that the panel compares, below its numbers', async () => {
    const token = await scored(' catch')
    const compared = {
      ...{ position: 3, baselinePosition: 3, kl: 0.1, jensenShannon: 0.02 },
      score: { ...NO_SCORE, logProb: Math.log(0.25) },
      baselineScore: { ...NO_SCORE, logProb: Math.log(0.5) },
    }
    const names = { shown: 'mini', baseline: 'mini int8' }
    const comparison = { names, places: [{ token, compared }] }

    const [, line] = linesOf(hoverText({ ...placeOf([token]), comparison }, vocabulary))

    expect(line).toBe('  Δ log₂ p −1.00  mini 25.0 %, mini int8 50.0 %')
  })

  it('has no line about a comparison for a token that is not compared', async () => {
    const token = await scored(' catch')
    const comparison = { names: { shown: 'mini', baseline: 'saved' }, places: [] }

    const text = hoverText({ ...placeOf([token]), comparison }, vocabulary)

    expect(text).toBe(hoverText(placeOf([token]), vocabulary))
  })

  it('truncates tokens that are longer than a column', async () => {
    const dashes = await scored('-'.repeat(32))

    const [line] = linesOf(hoverText(placeOf([dashes]), vocabulary))

    expect(line).toMatch(/^-{23}… {2}p /)
  })

  it('isolates right-to-left text, so that it does not move the numbers', async () => {
    const token = await scored('ש', { top: [await likely('ש', 0.5)] })

    const lines = linesOf(hoverText(placeOf([token]), vocabulary))

    expect(lines[0]).toMatch(/^\u2068ש\u2069 {2}p /)
    expect(lines[1]).toMatch(/^ {2}\u2068ש\u2069 {2}50\.0 %/)
  })

  it.each(['`', '``` ```` `````', '\n```\n'])('keeps the backticks of %j in its code block', async (text) => {
    const place = await predictPlace(service, { text, offset: text.indexOf('`'), startToken: true, topK: 20 })

    const block = hoverTextWithNext(place, vocabulary)

    const [opening = 0, ...inside] = Array.from(block.matchAll(/`+/g), ([run]) => run.length)
    const closing = inside.pop()
    expect(closing).toBe(opening)
    expect(inside.length).toBeGreaterThan(0)
    expect(Math.max(...inside)).toBeLessThan(opening)
  })

  it('shows every token of a split character', async () => {
    const text = 'Hi 👋'
    const place = await predictPlace(service, { text, offset: 3, startToken: true, topK: 1 })

    const lines = linesOf(hoverText(place, vocabulary))

    expect(lines.filter((line) => line.includes('rank'))).toEqual([
      expect.stringMatching(/^·👋 {2}p /),
      expect.stringMatching(/^⟨8B⟩ {2}p /),
    ])
  })

  it('names the context if the model saw less than the text before the token', async () => {
    const token = { ...(await scored('a')), context: { seen: 512, available: 1900 } }

    expect(linesOf(hoverText(placeOf([token]), vocabulary))[0]).toMatch(
      / bits {2}\(512 of 1,900 tokens before\)$/,
    )
  })

  it('names the model if its weights are rounded to int8', async () => {
    const place = { ...placeOf([await scored('a')]), model: { ...MINI, precision: 'int8' } as const }

    expect(linesOf(hoverText(place, vocabulary))[0]).toMatch(/ bits {2}\(mini in int8\)$/)
  })

  it('names the model before the context if both are unusual', async () => {
    const token = { ...(await scored('a')), context: { seen: 1, available: 2 } }
    const place = { ...placeOf([token]), model: { ...MINI, precision: 'int8' } as const }

    expect(linesOf(hoverText(place, vocabulary))[0]).toMatch(/ \(mini in int8, 1 of 2 tokens before\)$/)
  })

  it('says why the first token has no prediction without a start token', async () => {
    const place = await predictPlace(service, { text: 'abc', offset: 0, startToken: false, topK: 1 })

    expect(linesOf(hoverText(place, vocabulary))).toEqual([
      'abc  no prediction, because no token precedes it',
      '  Turn on the setting Start Token to get one.',
    ])
  })
})

describe('hoverTextWithNext', () => {
  it('lists the most likely tokens after the character and marks the token of the text', async () => {
    const place = placeOf([await scored('a')], {
      distribution: { ...NO_SCORE, top: [await likely('\n', 0.9)] },
      tokenId: await idOf('\n'),
    })

    const lines = linesOf(hoverTextWithNext(place, vocabulary))

    expect(lines.slice(-3)).toEqual(['', 'Next:', '  ↵  90.0 %  ← in the text'])
  })

  it('names the context if the model saw less than the text before the next token', () => {
    const place = placeOf([], { distribution: NO_SCORE, context: { seen: 255, available: 413 } })

    expect(linesOf(hoverTextWithNext(place, vocabulary))).toEqual(['Next:  (255 of 413 tokens before)'])
  })

  it('says why an empty text without a start token has no next distribution', async () => {
    const place = await predictPlace(service, { text: '', offset: 0, startToken: false, topK: 1 })

    expect(linesOf(hoverTextWithNext(place, vocabulary))).toEqual([
      'Next:  no prediction, because no token precedes it',
      '  Turn on the setting Start Token to get one.',
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

const WHOLE_CONTEXT = { seen: 412, available: 412 }

function placeOf(
  tokens: readonly ScoredToken[],
  next: Partial<PlacePrediction['next']> = {},
): PlacePrediction {
  return {
    model: MINI,
    tokens,
    next: { distribution: null, tokenId: null, context: WHOLE_CONTEXT, ...next },
  }
}

async function scored(text: string, overrides: Partial<TokenScore> = {}): Promise<ScoredToken> {
  const range = { start: 0, end: text.length }
  const score = { ...NO_SCORE, ...overrides }
  return { tokenId: await idOf(text), range, partial: false, score, context: WHOLE_CONTEXT }
}

async function likely(text: string, probability: number): Promise<Alternative> {
  return { tokenId: await idOf(text), logit: 0, logProb: Math.log(probability) }
}

/** The id of the text's first token. */
async function idOf(text: string): Promise<number> {
  return elementAt((await service.tokenize(text)).tokenIds, 0)
}

/** The lines inside the code block. */
function linesOf(block: string): string[] {
  return block.split('\n').slice(1, -1)
}
