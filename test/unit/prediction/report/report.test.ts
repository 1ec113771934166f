import { describe, expect, it } from 'vitest'
import { bytesOfReported, createReport, type ReportInput } from '../../../../src/prediction/report/report'
import {
  alternative,
  distribution,
  score,
  MINI,
  prediction,
  STUDENT,
  TOKENS,
  vocabulary,
} from '../../../support/texts/samples'

const NEXT = distribution(2, [alternative(TOKENS.the, 0.5)])

function report(input: Partial<ReportInput>) {
  return createReport(
    {
      model: MINI,
      startToken: true,
      temperature: 1,
      topK: 1,
      contextTokens: 0,
      windows: 1,
      predictions: [],
      next: NEXT,
      ...input,
    },
    vocabulary,
  )
}

describe('createReport', () => {
  it('says how the numbers were made', () => {
    expect(report({ contextTokens: 12, temperature: 0.5 })).toMatchObject({
      model: 'mini',
      backend: 'wasm',
      precision: 'fp32',
      remarks: [],
      bos: true,
      temperature: 0.5,
      topK: 1,
      contextTokens: 12,
    })
  })

  it('says what is remarkable about the model’s files', () => {
    expect(report({ model: STUDENT }).remarks).toEqual(['Linear layout, transposed on load', 'padded'])
  })

  it('has everything about a scored token', () => {
    const scored = score(0.25, distribution(7, [alternative(TOKENS.newline, 0.5)]))
    const { positions } = report({ predictions: [prediction(0, TOKENS.the, scored)] })
    expect(positions).toEqual([
      {
        position: 0,
        tokenId: TOKENS.the,
        text: 'the',
        start: 10,
        end: 11,
        logitsRow: 7,
        logit: 2.5,
        logProb: Math.log(0.25),
        rank: 74,
        surprisal: 2,
        entropy: 3.5,
        top: [{ tokenId: TOKENS.newline, text: '\n', logit: 10, logProb: Math.log(0.5) }],
      },
    ])
  })

  it('has nulls where a token has nothing before it', () => {
    const { positions, summary } = report({ predictions: [prediction(0, TOKENS.the, null)] })
    expect(positions[0]).toEqual({
      position: 0,
      tokenId: TOKENS.the,
      text: 'the',
      start: 10,
      end: 11,
      logitsRow: null,
      logit: null,
      logProb: null,
      rank: null,
      surprisal: null,
      entropy: null,
      top: null,
    })
    expect(summary).toEqual({ tokens: 1, perplexity: null, bitsPerToken: null, windows: 1 })
  })

  it('gives the bytes of a token that is only part of a character', () => {
    const [wave] = report({ predictions: [prediction(0, TOKENS.wave)] }).positions
    expect(wave).toMatchObject({ text: '\ufffd', bytes: [0xf0, 0x9f, 0x91], partial: true })
  })

  it('takes a whole U+FFFD for a whole character', () => {
    const [replacement] = report({ predictions: [prediction(0, 4210)] }).positions
    expect(replacement).toMatchObject({ text: '\ufffd' })
    expect(replacement).not.toHaveProperty('partial')
  })

  it('has what comes next, or null', () => {
    expect(report({}).next).toEqual({
      logitsRow: 2,
      entropy: 3.5,
      top: [{ tokenId: TOKENS.the, text: 'the', logit: 10, logProb: Math.log(0.5) }],
    })
    expect(report({ next: null }).next).toBeNull()
  })

  it('sums up the scored tokens only', () => {
    const predictions = [
      prediction(0, TOKENS.the, null),
      prediction(1, TOKENS.the),
      prediction(2, TOKENS.the),
    ]
    expect(report({ predictions, windows: 2 }).summary).toEqual({
      tokens: 3,
      perplexity: 4,
      bitsPerToken: 2,
      windows: 2,
    })
  })
})

describe('bytesOfReported', () => {
  it('leads back to the token’s bytes', () => {
    const predictions = [TOKENS.the, TOKENS.wave, TOKENS.waveRest, 4210].map((id, i) => prediction(i, id))
    for (const position of report({ predictions }).positions) {
      expect(bytesOfReported(position)).toEqual(vocabulary.bytesOf(position.tokenId))
    }
  })
})
