import { describe, expect, it } from 'vitest'

import {
  explanationLines,
  explanationProperties,
} from '../../../../../../src/features/inspect/commands/export/explanationTexts'
import { type InspectionRun, UNEXPLAINED } from '../../../../../../src/features/inspect/session/inspectionRun'
import { jsonPieces } from '../../../../../../src/prediction/report/json/json'
import type { WhyReport } from '../../../../../../src/prediction/report/json/whyReport'
import type { WhyAnswer } from '../../../../../../src/shared/contracts/panel/why'
import { elementAt } from '../../../../../../src/shared/elementAt'
import { referenceInspection } from '../../../../../support/reference/referenceInspection'
import { readGpt2Vocabulary } from '../../../../../support/texts/gpt2Vocabulary'

const vocabulary = readGpt2Vocabulary()
const typescript = referenceInspection('typescript +bos', vocabulary)
const section = elementAt(typescript.sections, 0)
const tokenIds = section.tokens.map(({ tokenId }) => tokenId)

/** An answer about the token at position 2, with an attribution of one layer and one head. */
const answer: WhyAnswer = {
  subject: {
    inspectionId: typescript.id,
    section: 0,
    position: 2,
    side: 'shown',
    tokenId: elementAt(tokenIds, 2),
    contrast: { kind: 'token', tokenId: elementAt(tokenIds, 3) },
  },
  window: { inputIds: Int32Array.of(50256, ...tokenIds.slice(0, 2)), rowOffset: -1 },
  attribution: {
    total: 1.5,
    wte: 0.5,
    wpe: 0.25,
    lnF: 0,
    attention: Float32Array.of(0.75),
    attentionBias: Float32Array.of(0.25),
    sources: Float32Array.of(0.1, 0.2, 0.2),
    mlp: Float32Array.of(0),
  },
  layers: null,
  context: [[{ tokens: 1, logProb: -2 }], [{ tokens: 1, logProb: -3 }]],
  knockout: null,
}

function runWith(...why: WhyAnswer[]): InspectionRun {
  return {
    inspection: { ...typescript, sections: [section, section] },
    sequences: [],
    textDigest: '',
    wholeDocument: false,
    seconds: 0,
    ...UNEXPLAINED,
    why,
  }
}

function exportedJson(run: InspectionRun): { why?: WhyReport[] }[] {
  const pieces = jsonPieces(run.inspection, vocabulary, {
    furtherProperties: (index) => explanationProperties(run, index, vocabulary),
  })
  return JSON.parse(Array.from(pieces, ({ text }) => text).join('')) as never
}

describe('why in exported JSON', () => {
  it('is a property of the sections where a token is attributed', () => {
    const next = { ...answer.subject, position: tokenIds.length }
    const [first, second] = exportedJson(runWith(answer, { ...answer, subject: next }))
    expect(second).not.toHaveProperty('why')
    expect(first?.why?.map(({ position, total }) => [position, total])).toEqual([
      [2, 1.5],
      ['next', 1.5],
    ])
  })

  it('has the sources of every head, rounded to the digits of float32, and the token’s context curve', () => {
    const [first] = exportedJson(runWith(answer))
    const [why] = first?.why ?? []
    expect(why?.parts.find(({ kind }) => kind === 'attn')).toEqual({
      kind: 'attn',
      layer: 0,
      value: 0.75,
      bias: 0.25,
      heads: [{ head: 0, value: expect.closeTo(0.5) as number, sources: [0.1, 0.2, 0.2] }],
    })
    expect(why?.contextCurve).toEqual([{ tokens: 1, logProb: -2 }])
    expect(why).not.toHaveProperty('knockout')
  })

  it('has the knockout where one was computed', () => {
    const knockout = { rows: [1], logProbs: [-1, -2], top: { tokenId: 11, logProb: -0.5 } }
    const [first] = exportedJson(runWith({ ...answer, knockout }))
    expect(first?.why?.[0]?.knockout).toEqual({
      rows: [1],
      logProb: -1,
      againstLogProb: -2,
      top: { tokenId: 11, text: ',', logProb: -0.5 },
    })
  })

  it('names the backend that computed the answer, if another one made the predictions', () => {
    const run = runWith({ ...answer, model: { ...typescript.model, backend: 'native' } })

    const [first] = exportedJson(run)

    expect(first?.why?.[0]).toMatchObject({ model: 'mini', backend: 'native' })
    expect(first).toMatchObject({ backend: 'wasm' })
    expect([...explanationLines(run, vocabulary)].join('\n')).toContain('mini (fp32, native)')
  })

  it('omits answers without attribution, as in int8', () => {
    const [first] = exportedJson(runWith({ ...answer, attribution: null }))
    expect(first).not.toHaveProperty('why')
  })
})

describe('why in the results as text', () => {
  it('has a part for each attributed token, with its knockout', () => {
    const knockout = { rows: [1], logProbs: [-1, -2], top: { tokenId: 11, logProb: -0.5 } }
    const text = [...explanationLines(runWith({ ...answer, knockout }), vocabulary)].join('\n')
    expect(text).toContain('Direct logit attribution of 1 token:')
    expect(text).toContain('Why ·function and not ·read: difference of their logits at position 2')
    expect(text).toContain('Without export (row 1 of the input): ·function 36.8 %, now most likely , 60.7 %')
  })
})
