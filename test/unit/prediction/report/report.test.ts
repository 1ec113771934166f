import { describe, expect, it } from 'vitest'
import { bytesOfReported, reportOf } from '../../../../src/prediction/report/report'
import type { Inspection, Section } from '../../../../src/shared/contracts/panel/inspection'
import {
  alternative,
  distribution,
  inspection,
  prediction,
  score,
  section,
  STUDENT,
  TOKENS,
  vocabulary,
} from '../../../support/texts/samples'

const NEXT = distribution(2, [alternative(TOKENS.the, 0.5)])

/** The report on an inspection with one section. */
function report(parts: Partial<Section>, overrides: Partial<Inspection> = {}) {
  return reportOf(inspection([{ ...section([], NEXT), ...parts }], overrides), vocabulary)
}

describe('reportOf', () => {
  it('has the model, the settings and the size of the context', () => {
    expect(report({ contextTokens: 12 })).toMatchObject({
      model: 'mini',
      backend: 'wasm',
      precision: 'fp32',
      remarks: [],
      bos: true,
      temperature: 1,
      topK: 1,
      contextTokens: 12,
    })
  })

  it('has the temperature that the tokens were scored at', () => {
    expect(reportOf(inspection([section([])]), vocabulary, { temperature: 0.5 }).temperature).toBe(0.5)
  })

  it('reports on the section that was asked for', () => {
    const sections = [section([]), section([prediction(0, TOKENS.the)])]
    expect(reportOf(inspection(sections), vocabulary, { section: 1 }).positions).toHaveLength(1)
  })

  it('has the remarks on the model’s files', () => {
    const { remarks } = report({}, { model: STUDENT })
    expect(remarks).toEqual(['Linear layout, transposed on load', 'padded'])
  })

  it('has all numbers of a scored token', () => {
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

  it('has nulls for a token that nothing precedes', () => {
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

  it('has the bytes of a token that is only part of a character', () => {
    const [wave] = report({ predictions: [prediction(0, TOKENS.wave)] }).positions
    expect(wave).toMatchObject({ text: '\ufffd', bytes: [0xf0, 0x9f, 0x91], partial: true })
  })

  it('treats a real U+FFFD as a whole character', () => {
    const [replacement] = report({ predictions: [prediction(0, 4210)] }).positions
    expect(replacement).toMatchObject({ text: '\ufffd' })
    expect(replacement).not.toHaveProperty('partial')
  })

  it('has the distribution after the last token, or null', () => {
    expect(report({}).next).toEqual({
      logitsRow: 2,
      entropy: 3.5,
      top: [{ tokenId: TOKENS.the, text: 'the', logit: 10, logProb: Math.log(0.5) }],
    })
    expect(report({ next: null }).next).toBeNull()
  })

  it('summarizes the scored tokens only', () => {
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
  it('returns the token’s bytes', () => {
    const predictions = [TOKENS.the, TOKENS.wave, TOKENS.waveRest, 4210].map((id, i) => prediction(i, id))
    for (const position of report({ predictions }).positions) {
      expect(bytesOfReported(position)).toEqual(vocabulary.bytesOf(position.tokenId))
    }
  })
})
