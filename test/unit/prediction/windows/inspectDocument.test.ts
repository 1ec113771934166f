import { describe, expect, it } from 'vitest'
import {
  type DocumentRequest,
  finishInspection,
  prepareInspection,
  runInspection,
} from '../../../../src/prediction/windows/inspectDocument'
import { PredictionService } from '../../../../src/prediction/windows/predictionService'
import type {
  Distribution,
  TextRange,
  TokenPrediction,
} from '../../../../src/shared/contracts/engine/prediction'
import { elementAt } from '../../../../src/shared/elementAt'
import { CancelledError } from '../../../../src/shared/errors'
import { connect } from '../../../support/engine/engineUnderTest'
import { hashEngine, STEP_POSITIONS } from '../../../support/fakes/hashEngine'
import { referenceText } from '../../../support/reference/referenceTexts'
import { MINI } from '../../../support/texts/samples'

const { text, tokenIds } = referenceText('typescript +bos')
const FUNCTION = rangeOf('function readConfig')
/** Cut in the middle of two tokens. */
const PART_OF_TOKENS = { start: FUNCTION.start + 3, end: FUNCTION.end - 3 }

const service = new PredictionService(connect(hashEngine(MINI)))

describe('prepareInspection', () => {
  it('has all tokens of the whole document and no prediction', async () => {
    const { inspection, sequences } = await prepare({ ranges: [{ start: 0, end: text.length }] })
    expect(inspection).toMatchObject({
      id: 'inspection 1',
      documentName: 'config.ts',
      context: 'document',
      startToken: true,
      topK: 3,
      state: { kind: 'running' },
      model: { id: 'mini' },
    })
    const section = elementAt(inspection.sections, 0)
    expect(section.tokens.map(({ tokenId }) => tokenId)).toEqual([...tokenIds])
    expect(section).toMatchObject({
      contextTokens: 0,
      contextExcerpt: '',
      windows: 1,
      predictions: [],
      next: null,
    })
    expect(sequences).toEqual([{ tokenIds, from: 0, to: tokenIds.length }])
  })

  it('has the document’s tokens that touch the selection', async () => {
    const { inspection } = await prepare({ ranges: [PART_OF_TOKENS] })
    const { tokens, range } = elementAt(inspection.sections, 0)
    expect(range).toEqual(PART_OF_TOKENS)
    expect(tokens.at(0)?.range.start).toBeLessThan(PART_OF_TOKENS.start)
    expect(tokens.at(-1)?.range.end).toBeGreaterThan(PART_OF_TOKENS.end)
    expect(tokens.map(textOf).at(0)).toBe(' function')
  })

  it('has the number of context tokens and the end of their text', async () => {
    const { inspection, sequences } = await prepare({ ranges: [PART_OF_TOKENS] })
    const section = elementAt(inspection.sections, 0)
    const { from, to } = elementAt(sequences, 0)
    expect(section.contextTokens).toBe(from)
    expect(from).toBeGreaterThan(0)
    expect(to - from).toBe(section.tokens.length)
    expect(section.contextExcerpt).toBe(text.slice(0, section.tokens[0]?.range.start).slice(-48))
    expect(section.contextExcerpt).not.toBe('')
  })

  it('tokenizes the selection alone, with offsets in the document, if the context is the selection', async () => {
    const { inspection, sequences } = await prepare({ ranges: [PART_OF_TOKENS], context: 'selection' })
    const section = elementAt(inspection.sections, 0)
    const alone = await service.tokenize(text.slice(PART_OF_TOKENS.start, PART_OF_TOKENS.end))
    expect(section.tokens.map(({ tokenId }) => tokenId)).toEqual([...alone.tokenIds])
    expect(section.tokens.map(textOf).join('')).toBe(text.slice(PART_OF_TOKENS.start, PART_OF_TOKENS.end))
    expect(section).toMatchObject({ contextTokens: 0, contextExcerpt: '' })
    expect(sequences[0]).toMatchObject({ from: 0, to: alone.tokenIds.length })
  })

  it('has the tokens of a text before the document as context, with offsets in the document', async () => {
    const cut = FUNCTION.start - 1 // with the space that belongs to the token
    const whole = await prepare({ ranges: [{ start: cut, end: text.length }] })

    const part = await prepare({
      textBefore: text.slice(0, cut),
      text: text.slice(cut),
      ranges: [{ start: 0, end: text.length - cut }],
    })

    const section = elementAt(part.inspection.sections, 0)
    const expected = elementAt(whole.inspection.sections, 0)
    expect(part.sequences).toEqual(whole.sequences)
    expect(section.contextTokens).toBe(expected.contextTokens)
    expect(section.contextExcerpt).toBe(expected.contextExcerpt)
    expect(section.tokens.map(({ range }) => range)).toEqual(
      expected.tokens.map(({ range: { start, end } }) => ({
        start: Math.max(0, start - cut),
        end: end - cut,
      })),
    )
  })

  it('has a section with lines for each selection', async () => {
    const ranges = [{ start: 0, end: 6 }, FUNCTION]
    const { inspection } = await prepare({ ranges })
    expect(inspection.sections.map(({ range }) => range)).toEqual(ranges)
    expect(inspection.sections.map(({ lines }) => lines)).toEqual([
      { first: 1, last: 1 },
      { first: 2, last: 2 },
    ])
  })

  it.each<[string, number, string[]]>([
    ['no token for an empty range between two tokens', 6, []],
    ['the token around an empty range inside a token', 3, ['export']],
  ])('has %s', async (_, offset, expected) => {
    const { inspection } = await prepare({ ranges: [{ start: offset, end: offset }] })
    expect(inspection.sections[0]?.tokens.map(textOf)).toEqual(expected)
  })

  it('has one section without tokens for an empty document', async () => {
    const { inspection } = await prepare({ text: '', ranges: [{ start: 0, end: 0 }] })
    expect(inspection.sections).toMatchObject([{ tokens: [], contextTokens: 0, windows: 1 }])
  })

  it('has the context of an empty range', async () => {
    const { inspection } = await prepare({ ranges: [{ start: 6, end: 6 }] })
    expect(inspection.sections).toMatchObject([{ contextTokens: 1, contextExcerpt: 'export' }])
  })

  it.each([
    ['a lone surrogate in the text', 'a\ud800b 👋', [{ start: 0, end: 6 }], 1],
    ['a pair that the selection splits', 'Hi 👋', [{ start: 4, end: 5 }], 0],
  ])('counts lone surrogates: %s', async (_, text, ranges, count) => {
    const { inspection } = await prepare({ text, ranges })
    expect(inspection.sections[0]?.loneSurrogates).toBe(count)
  })

  it('has all tokens of a character that the selection splits', async () => {
    const wave = 'Hi 👋'
    const { inspection } = await prepare({ text: wave, ranges: [{ start: 4, end: 5 }] })
    expect(inspection.sections[0]?.tokens).toEqual([
      { tokenId: 50169, range: { start: 2, end: 5 }, partial: true },
      { tokenId: 233, range: { start: 3, end: 5 }, partial: true },
    ])
  })

  it('can be cancelled', async () => {
    await expect(
      prepareInspection(service, requestFor({ ranges: [FUNCTION] }), AbortSignal.abort()),
    ).rejects.toThrow(CancelledError)
  })
})

describe('runInspection', () => {
  it('gives every section its predictions in order and its next distribution', async () => {
    const { sections, inspection } = await inspect({ ranges: [{ start: 0, end: 6 }, FUNCTION] })
    for (const [index, { predictions, next }] of sections.entries()) {
      const { tokens, contextTokens } = elementAt(inspection.sections, index)
      expect(Array.from(predictions, ({ position }) => position)).toEqual(tokens.map((_, i) => i))
      expect(Array.from(predictions, ({ tokenId, range, partial }) => ({ tokenId, range, partial }))).toEqual(
        tokens,
      )
      expect(Array.from(predictions, ({ score }) => score?.logitsRow)).toEqual(
        tokens.map((_, i) => contextTokens + i),
      )
      expect(next?.logitsRow).toBe(contextTokens + tokens.length)
      expect(next?.top.length).toBe(3)
    }
  })

  it.each([true, false])(
    'gives a token the same numbers for every selection (start token: %s)',
    async (startToken) => {
      const whole = await inspect({ ranges: [{ start: 0, end: text.length }], startToken })
      const byStart = new Map(
        Array.from(elementAt(whole.sections, 0).predictions, (prediction) => [
          prediction.range.start,
          prediction,
        ]),
      )
      const middle = { start: 30, end: 60 }
      const parts = await inspect({ ranges: [FUNCTION, middle, PART_OF_TOKENS], startToken })
      for (const prediction of parts.sections.flatMap(({ predictions }) => [...predictions])) {
        const inWhole = byStart.get(prediction.range.start)
        expect(prediction.tokenId).toBe(inWhole?.tokenId)
        expect(prediction.score?.logitsRow).toBe(inWhole?.score?.logitsRow)
        expect(prediction.score?.logProb).toBe(inWhole?.score?.logProb)
      }
    },
  )

  it('gives a token other numbers if the context is only the selection', async () => {
    const inDocument = await inspect({ ranges: [FUNCTION] })
    const alone = await inspect({ ranges: [FUNCTION], context: 'selection' })
    const first = ({ sections }: typeof alone) => sections[0]?.predictions.at(0)?.score
    expect(first(alone)?.logitsRow).toBe(0)
    expect(first(alone)?.logProb).not.toBeCloseTo(first(inDocument)?.logProb ?? NaN, 1)
  })

  it('does not score the first token without a start token', async () => {
    const { sections } = await inspect({ ranges: [{ start: 0, end: 20 }], startToken: false })
    const scored = Array.from(elementAt(sections, 0).predictions, ({ score }) => score !== null)
    expect(scored).toEqual([false, ...scored.slice(1).fill(true)])
  })

  it('gives only the next distribution for an empty range', async () => {
    const { sections, inspection } = await inspect({ ranges: [{ start: 6, end: 6 }] })
    expect(sections).toMatchObject([{ predictions: [], next: { logitsRow: 1 } }])
    expect(inspection.sections[0]?.contextTokens).toBe(1)
  })

  it('gives nothing for an empty document without a start token', async () => {
    const { sections } = await inspect({ text: '', ranges: [{ start: 0, end: 0 }], startToken: false })
    expect(sections).toEqual([{ predictions: [], next: null, readings: [] }])
  })

  it('reports its progress through the context of a section', async () => {
    const end = { start: text.length - 1, end: text.length }
    const { sections } = await inspect({ ranges: [end] })
    const total = tokenIds.length - 1
    expect(sections[0]?.readings).toEqual(
      Array.from({ length: Math.floor(total / STEP_POSITIONS) }, (_, i) => [(i + 1) * STEP_POSITIONS, total]),
    )
  })

  it('counts the windows and the context tokens of a selection at the end of a long document', async () => {
    const long = referenceText('long').text.repeat(2)
    const range = { start: long.length - 40, end: long.length }
    const { inspection, sequences } = await prepare({
      text: long,
      ranges: [range, { start: 0, end: long.length }],
    })
    const atEnd = elementAt(inspection.sections, 0)
    const all = elementAt(inspection.sections, 1)
    const { from, to } = elementAt(sequences, 0)
    // Windows of 511 tokens, one every 256.
    const window = Math.ceil((from - 511 + 1) / 256)
    expect(atEnd.windows).toBe(1)
    expect(atEnd.contextTokens).toBe(from - 256 * window)
    expect(all.windows).toBe(1 + Math.ceil((to - 511) / 256))
    expect(all.contextTokens).toBe(0)
  })

  it('stops when it is cancelled', async () => {
    const prepared = await prepareInspection(
      service,
      requestFor({ ranges: [{ start: 0, end: text.length }] }),
    )
    const cancel = new AbortController()
    let predictions = 0
    const listener = {
      onPredictions: (_: number, more: readonly TokenPrediction[]) => {
        predictions += more.length
        cancel.abort()
      },
    }
    await expect(runInspection(service, prepared, listener, { signal: cancel.signal })).rejects.toThrow(
      CancelledError,
    )
    expect(predictions).toBe(STEP_POSITIONS)
  })
})

describe('finishInspection', () => {
  it('resolves to the inspection with the predictions of all sections', async () => {
    const wanted = { ranges: [{ start: 0, end: 6 }, FUNCTION] }
    const scored: number[] = []
    const prepared = await prepare(wanted)

    const finished = await finishInspection(service, prepared, { onProgress: (count) => scored.push(count) })

    const { sections } = await inspect(wanted)
    expect(finished).toMatchObject({
      state: { kind: 'done' },
      sections: sections.map(({ predictions, next }) => ({ predictions, next })),
    })
    expect(scored.at(-1)).toBe(sections.reduce((sum, { predictions }) => sum + predictions.length, 0))
  })
})

type Wanted = Partial<Omit<DocumentRequest, 'ranges'>> & {
  readonly ranges: readonly TextRange[]
}

function requestFor({ ranges, ...rest }: Wanted): DocumentRequest {
  return {
    id: 'inspection 1',
    documentUri: 'file:///config.ts',
    documentName: 'config.ts',
    text,
    context: 'document',
    startToken: true,
    topK: 3,
    ...rest,
    ranges: ranges.map((range, i) => ({ range, lines: { first: i + 1, last: i + 1 } })),
  }
}

function prepare(wanted: Wanted) {
  return prepareInspection(service, requestFor(wanted))
}

interface Received {
  readonly predictions: TokenPrediction[]
  next: Distribution | null
  readonly readings: number[][]
}

/** Prepares and runs an inspection; returns what the listener received, by section. */
async function inspect(wanted: Wanted) {
  const prepared = await prepare(wanted)
  const sections = prepared.inspection.sections.map((): Received => ({
    predictions: [],
    next: null,
    readings: [],
  }))
  await runInspection(service, prepared, {
    onPredictions: (section, more) => elementAt(sections, section).predictions.push(...more),
    onNext: (section, next) => (elementAt(sections, section).next = next),
    onReading: (section, ...reading) => elementAt(sections, section).readings.push(reading),
  })
  return { inspection: prepared.inspection, sections }
}

function rangeOf(part: string): TextRange {
  const start = text.indexOf(part)
  if (start === -1) throw new Error(`the text has no “${part}”`)
  return { start, end: start + part.length }
}

function textOf({ range }: { readonly range: TextRange }): string {
  return text.slice(range.start, range.end)
}
