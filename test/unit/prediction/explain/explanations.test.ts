import { beforeAll, describe, expect, it } from 'vitest'
import { Explanations } from '../../../../src/prediction/explain/explanations'
import { PredictionService } from '../../../../src/prediction/windows/predictionService'
import type { LensRow } from '../../../../src/shared/contracts/engine/explanation'
import { elementAt } from '../../../../src/shared/elementAt'
import { InvalidRequestError, ModelChangedError } from '../../../../src/shared/errors'
import { connect, freshEngine, LOADING_LIMIT_MS, loadMini } from '../../../support/engine/engineUnderTest'
import {
  contrastOf,
  nameOf,
  REFERENCE_EXPLANATIONS,
  type ReferenceExplanation,
  tokensOf,
} from '../../../support/reference/explainReference'
import { LOG_PROB_TOLERANCE } from '../../../support/reference/referenceAgreement'

const LENS_TOLERANCE = 5e-4
const SHARE_TOLERANCE = 5e-4
const SUM_TOLERANCE = 1e-3

let explanations: Explanations
let service: PredictionService
beforeAll(async () => {
  const api = connect(freshEngine(await loadMini()))
  service = new PredictionService(api)
  explanations = new Explanations(api, service)
}, LOADING_LIMIT_MS)

/** The explained row of a reference; the text continues after it unless the row is the last one. */
function rowOf(reference: ReferenceExplanation) {
  const tokenIds = tokensOf(reference)
  const { startToken, token } = reference
  return { tokenIds, to: tokenIds.length, startToken, token }
}

describe.each(REFERENCE_EXPLANATIONS.map((reference) => [nameOf(reference), reference] as const))(
  'The explanation of %s',
  (_, reference) => {
    it('has the reference’s lens at every layer', async () => {
      const lens = await explanations.lensOf({ ...rowOf(reference), tokenId: reference.tokenId, topK: 5 })

      expect(lens.kl).toHaveLength(reference.lens.length)
      for (const [layer, expected] of reference.lens.entries()) {
        expectClose(lens.logProb[layer], expected.logProb, LENS_TOLERANCE)
        expectClose(elementAt(lens.entropy, layer) * Math.LN2, expected.entropyNats, LENS_TOLERANCE)
        expectClose(lens.kl[layer], expected.kl, LENS_TOLERANCE)
        expect([...lens.topIds.subarray(layer * 5, layer * 5 + 5)]).toEqual(expected.topIds)
        for (const [k, logProb] of expected.topLogProbs.entries())
          expectClose(lens.topLogProbs[layer * 5 + k], logProb, LENS_TOLERANCE)
      }
    })

    it('has the reference’s rank of the token after the last layer', async () => {
      const lens = await explanations.lensOf({ ...rowOf(reference), tokenId: reference.tokenId })

      expect(lens.rank.at(-1)).toBe(reference.lens.at(-1)?.rank)
    })

    it('has the reference’s attribution, down to heads and source tokens', async () => {
      const { tokenId, startToken, token, first, attribution: expected } = reference

      const found = await explanations.attribution({
        ...rowOf(reference),
        tokenId,
        contrast: contrastOf(reference),
      })

      const windowTokens = found.inputIds.subarray(startToken ? 1 : 0)
      expect(windowTokens).toEqual(tokensOf(reference).subarray(first, token))
      expectClose(found.total, expected.total, SUM_TOLERANCE)
      for (const name of ['wte', 'wpe', 'lnF'] as const)
        expectClose(found[name], expected[name], SHARE_TOLERANCE)
      for (const [layer, block] of expected.blocks.entries()) {
        expectClose(found.attention[layer], block.attention, SHARE_TOLERANCE)
        expectClose(found.attentionBias[layer], block.bias, SHARE_TOLERANCE)
        expectClose(found.mlp[layer], block.mlp, SHARE_TOLERANCE)
      }
      const sources = expected.blocks.flatMap((block) => block.sources.flat())
      expect(found.sources).toHaveLength(sources.length)
      for (const [i, source] of sources.entries()) expectClose(found.sources[i], source, SHARE_TOLERANCE)
    })

    it('has the reference’s log-probabilities with less context', async () => {
      const { tokenId, contextCurve } = reference

      const [curve = []] = await explanations.contextCurves({ ...rowOf(reference), scoredIds: [tokenId] })

      expect(curve.map(({ tokens }) => tokens)).toEqual(contextCurve.map(({ tokens }) => tokens))
      for (const [i, { logProb }] of contextCurve.entries())
        expectClose(curve[i]?.logProb, logProb, LOG_PROB_TOLERANCE)
    })

    it('has the reference’s log-probability without the knocked-out tokens', async () => {
      const { tokenId, knockedOut, knockedOutLogProb } = reference

      const { logProbs } = await explanations.knockout({
        ...rowOf(reference),
        knockedOut,
        scoredIds: [tokenId],
      })

      expectClose(logProbs[0], knockedOutLogProb, LOG_PROB_TOLERANCE)
    })
  },
)

const ENGLISH = elementAt(REFERENCE_EXPLANATIONS, 0)
const JOINED = elementAt(
  REFERENCE_EXPLANATIONS.filter(({ text }) => text === 'joined'),
  0,
)

describe('The lens of several rows', () => {
  it('is in order across windows and has each row’s own token as its target', async () => {
    const { tokenIds, to, startToken } = rowOf(JOINED)
    const range = { from: 505, end: 520 }

    const { tokens, rows } = await lensRows({ tokenIds, to, startToken, ...range, topK: 1 })

    expect(tokens).toEqual(Array.from({ length: 15 }, (_, i) => 505 + i))
    const { scores } = await service.predict({
      tokenIds,
      startToken,
      topK: 1,
      temperature: 1,
      from: range.from,
      to: range.end,
    })
    for (const [i, row] of rows.entries()) {
      expectClose(row.logProb.at(-1), scores[i]?.logProb, 1e-5)
      expect(row.rank.at(-1)).toBe(scores[i]?.rank)
      expect(row.logitsRow).toBe(scores[i]?.logitsRow)
    }
  })

  it('includes the row after the last token if the end is behind it', async () => {
    const { tokenIds, to, startToken } = rowOf(ENGLISH)

    const { tokens, rows } = await lensRows({ tokenIds, to, startToken, from: to - 1, end: to + 1, topK: 3 })

    expect(tokens).toEqual([to - 1, to])
    expect(rows.at(-1)?.logProb.at(-1)).toBeNaN()
    expect(rows.at(-1)?.rank.at(-1)).toBe(0)
    expect(rows.at(-1)?.topIds).toHaveLength(3 * 7)
  })

  it('leaves out the first token if nothing precedes it', async () => {
    const { tokenIds, to } = rowOf(ENGLISH)

    const { tokens } = await lensRows({ tokenIds, to, startToken: false, from: 0, end: 3, topK: 1 })

    expect(tokens).toEqual([1, 2])
  })

  it('has no rows for an empty sequence without a start token', async () => {
    const empty = { tokenIds: new Int32Array(0), to: 0, startToken: false }

    expect((await lensRows({ ...empty, from: 0, end: 1, topK: 1 })).rows).toEqual([])
  })

  it('has the log-probabilities of other tokens on request', async () => {
    const { tokenIds, to, startToken } = rowOf(ENGLISH)
    const targets = Int32Array.of(262, 257)

    const { rows } = await lensRows({ tokenIds, to, startToken, from: 4, end: 6, topK: 1, targets })

    const single = await explanations.lensOf({ tokenIds, to, startToken, token: 5, tokenId: 257, topK: 1 })
    expect(rows[1]?.logProb).toEqual(single.logProb)
  })
})

describe('An explanation', () => {
  it('does not depend on the tokens after the row', async () => {
    const { tokenId } = ENGLISH
    const row = { ...rowOf(ENGLISH), tokenId, contrast: { kind: 'mean' } as const }

    const whole = await explanations.attribution(row)
    const cut = await explanations.attribution({ ...row, to: row.token + 1 })

    expect(cut.total).toBe(whole.total)
  })

  it('of a token that nothing precedes is refused', async () => {
    const row = { ...rowOf(ENGLISH), startToken: false, token: 0, tokenId: 262 }

    await expect(explanations.lensOf(row)).rejects.toThrow(InvalidRequestError)
    await expect(explanations.contextCurves({ ...row, scoredIds: [262] })).rejects.toThrow(
      'Nothing precedes the first token',
    )
  })

  it('is refused if the engine has another model than the one that is named', async () => {
    const model = { ...(await service.model()), fingerprint: 'others' }

    await expect(explanations.lensOf({ ...rowOf(ENGLISH), model, tokenId: 262 })).rejects.toThrow(
      ModelChangedError,
    )
  })
})

describe('Attention knockout', () => {
  it('has the ordinary distribution if only tokens outside of the window are knocked out', async () => {
    const row = rowOf(JOINED)
    const { scores } = await service.predict({
      ...row,
      from: row.token,
      to: row.token + 1,
      topK: 10,
      temperature: 1,
    })

    const { distribution, logProbs } = await explanations.knockout({
      ...row,
      knockedOut: [0, JOINED.first - 1, row.token - 1, row.token],
      scoredIds: [JOINED.tokenId],
    })

    expectClose(logProbs[0], scores[0]?.logProb, 1e-5)
    expect([...distribution.top].map(({ tokenId }) => tokenId)).toEqual(
      Array.from(scores[0]?.top ?? [], ({ tokenId }) => tokenId),
    )
  })

  it('has the log-probability of every requested token, listed or not', async () => {
    const row = { ...rowOf(ENGLISH), knockedOut: ENGLISH.knockedOut }
    const { distribution } = await explanations.knockout({ ...row, scoredIds: [ENGLISH.tokenId] })
    const listed = elementAt(distribution.top.slice(), 3)

    const { logProbs } = await explanations.knockout({
      ...row,
      scoredIds: [listed.tokenId, 40_000, ENGLISH.tokenId],
    })

    const alone = await explanations.knockout({ ...row, scoredIds: [40_000] })
    expectClose(logProbs[0], listed.logProb, 1e-5)
    expectClose(logProbs[1], alone.logProbs[0], 1e-5)
    expectClose(logProbs[2], ENGLISH.knockedOutLogProb, LOG_PROB_TOLERANCE)
  })
})

describe('The first token of a text', () => {
  it.each([
    [' cat', 3797],
    ['cat and dog', 9246],
    ['', null],
  ])('%j is %s', async (text, tokenId) => {
    expect(await explanations.firstTokenOf(text)).toBe(tokenId)
  })
})

async function lensRows(request: Parameters<Explanations['lens']>[0]) {
  const tokens: number[] = []
  const rows: LensRow[] = []
  await explanations.lens(request, {
    onRows: (token, more) => {
      tokens.push(...more.map((_, i) => token + i))
      rows.push(...more)
    },
  })
  return { tokens, rows }
}

function expectClose(actual: number | undefined, expected: number | undefined, tolerance: number): void {
  expect(Math.abs((actual ?? NaN) - (expected ?? NaN))).toBeLessThanOrEqual(tolerance)
}
