import { beforeAll, describe, expect, it } from 'vitest'
import type { LoadedModel } from '../../../src/engine/inference/model'
import {
  type DocumentRequest,
  prepareInspection,
  runInspection,
} from '../../../src/prediction/inspectDocument'
import { CancelledError } from '../../../src/shared/errors'
import type { Distribution, TokenPrediction } from '../../../src/shared/contracts/prediction'
import { freshService, LOADING_LIMIT_MS, loadMini } from '../../support/engine/engineUnderTest'
import { LOG_PROB_TOLERANCE } from '../../support/reference/referenceAgreement'
import { referenceText } from '../../support/reference/referenceTexts'

const { text, tokenIds } = referenceText('typescript +bos')
const FUNCTION = rangeOf('function readConfig')
/** Cut in the middle of two tokens. */
const PART_OF_TOKENS = { start: FUNCTION.start + 3, end: FUNCTION.end - 3 }

let model: LoadedModel
beforeAll(async () => {
  model = await loadMini()
}, LOADING_LIMIT_MS)

describe('A prepared inspection', () => {
  it('knows all tokens of the whole document and has no prediction yet', async () => {
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
    const [section] = inspection.sections
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

  it('covers the document’s own tokens that touch the selection', async () => {
    const { inspection } = await prepare({ ranges: [PART_OF_TOKENS] })
    const [{ tokens, range }] = inspection.sections
    expect(range).toEqual(PART_OF_TOKENS)
    expect(tokens[0].range.start).toBeLessThan(PART_OF_TOKENS.start)
    expect(tokens[tokens.length - 1].range.end).toBeGreaterThan(PART_OF_TOKENS.end)
    expect(textOf(tokens[0])).toBe(' function')
  })

  it('says how many tokens stand before, and the last of their text', async () => {
    const { inspection, sequences } = await prepare({ ranges: [PART_OF_TOKENS] })
    const [section] = inspection.sections
    const { from, to } = sequences[0]
    expect(section.contextTokens).toBe(from)
    expect(from).toBeGreaterThan(0)
    expect(to - from).toBe(section.tokens.length)
    expect(section.contextExcerpt).toBe(text.slice(0, section.tokens[0].range.start).slice(-48))
    expect(section.contextExcerpt).not.toBe('')
  })

  it('has the selection’s own tokens, at the document’s offsets, where nothing stands before', async () => {
    const { inspection, sequences } = await prepare({ ranges: [PART_OF_TOKENS], context: 'selection' })
    const [section] = inspection.sections
    const alone = await freshService(model).tokenize(text.slice(PART_OF_TOKENS.start, PART_OF_TOKENS.end))
    expect(section.tokens.map(({ tokenId }) => tokenId)).toEqual([...alone.tokenIds])
    expect(section.tokens.map(textOf).join('')).toBe(text.slice(PART_OF_TOKENS.start, PART_OF_TOKENS.end))
    expect(section).toMatchObject({ contextTokens: 0, contextExcerpt: '' })
    expect(sequences[0]).toMatchObject({ from: 0, to: alone.tokenIds.length })
  })

  it('has a section for each selection, with its lines', async () => {
    const ranges = [{ start: 0, end: 6 }, FUNCTION]
    const { inspection } = await prepare({ ranges })
    expect(inspection.sections.map(({ range }) => range)).toEqual(ranges)
    expect(inspection.sections.map(({ lines }) => lines)).toEqual([
      { first: 1, last: 1 },
      { first: 2, last: 2 },
    ])
  })

  it.each<[string, number, string[]]>([
    ['between two tokens has none', 6, []],
    ['inside a token has that one', 3, ['export']],
  ])('of an empty range %s', async (_, offset, expected) => {
    const { inspection } = await prepare({ ranges: [{ start: offset, end: offset }] })
    expect(inspection.sections[0].tokens.map(textOf)).toEqual(expected)
  })

  it('of an empty document has one section without tokens', async () => {
    const { inspection } = await prepare({ text: '', ranges: [{ start: 0, end: 0 }] })
    expect(inspection.sections).toMatchObject([{ tokens: [], contextTokens: 0, windows: 1 }])
  })

  it('of an empty range knows what stands before it', async () => {
    const { inspection } = await prepare({ ranges: [{ start: 6, end: 6 }] })
    expect(inspection.sections).toMatchObject([{ contextTokens: 1, contextExcerpt: 'export' }])
  })

  it.each([
    ['a half pair in the text', 'a\ud800b 👋', [{ start: 0, end: 6 }], 1],
    ['a pair that the selection cuts', 'Hi 👋', [{ start: 4, end: 5 }], 0],
  ])('counts the lone surrogates, %s', async (_, text, ranges, count) => {
    const { inspection } = await prepare({ text, ranges })
    expect(inspection.sections[0].loneSurrogates).toBe(count)
  })

  it('keeps a character’s tokens together, wherever the selection cuts it', async () => {
    const wave = 'Hi 👋'
    const { inspection } = await prepare({ text: wave, ranges: [{ start: 4, end: 5 }] })
    expect(inspection.sections[0].tokens).toEqual([
      { tokenId: 50169, range: { start: 2, end: 5 }, partial: true },
      { tokenId: 233, range: { start: 3, end: 5 }, partial: true },
    ])
  })

  it('is cancelled before it has tokens', async () => {
    await expect(
      prepareInspection(freshService(model), requestFor({ ranges: [FUNCTION] }), AbortSignal.abort()),
    ).rejects.toThrow(CancelledError)
  })
})

describe('An inspection that runs', () => {
  it('gives every section its predictions in order, and what follows it', async () => {
    const { sections, inspection } = await inspect({ ranges: [{ start: 0, end: 6 }, FUNCTION] })
    for (const [index, { predictions, next }] of sections.entries()) {
      const { tokens, contextTokens } = inspection.sections[index]
      expect(predictions.map(({ position }) => position)).toEqual(tokens.map((_, i) => i))
      expect(predictions.map(({ tokenId, range, partial }) => ({ tokenId, range, partial }))).toEqual(tokens)
      expect(predictions.map(({ score }) => score?.logitsRow)).toEqual(
        tokens.map((_, i) => contextTokens + i),
      )
      expect(next?.logitsRow).toBe(contextTokens + tokens.length)
      expect(next?.top.length).toBe(3)
    }
  })

  it.each([true, false])(
    'gives a token the same numbers whatever is selected (start token: %s)',
    async (startToken) => {
      const whole = await inspect({ ranges: [{ start: 0, end: text.length }], startToken })
      const byStart = new Map(
        whole.sections[0].predictions.map((prediction) => [prediction.range.start, prediction]),
      )
      const middle = { start: 30, end: 60 }
      const parts = await inspect({ ranges: [FUNCTION, middle, PART_OF_TOKENS], startToken })
      for (const prediction of parts.sections.flatMap(({ predictions }) => predictions)) {
        const inWhole = byStart.get(prediction.range.start)
        expect(prediction.tokenId).toBe(inWhole?.tokenId)
        expect(prediction.score?.logitsRow).toBe(inWhole?.score?.logitsRow)
        expectClose(prediction.score?.logProb, inWhole?.score?.logProb)
      }
    },
  )

  it('gives a token other numbers where only the selection is seen', async () => {
    const inDocument = await inspect({ ranges: [FUNCTION] })
    const alone = await inspect({ ranges: [FUNCTION], context: 'selection' })
    const first = ({ sections }: typeof alone) => sections[0].predictions[0].score
    expect(first(alone)?.logitsRow).toBe(0)
    expect(first(alone)?.logProb).not.toBeCloseTo(first(inDocument)?.logProb ?? NaN, 1)
  })

  it('leaves the first token unscored where nothing stands before it, not even the start token', async () => {
    const { sections } = await inspect({ ranges: [{ start: 0, end: 20 }], startToken: false })
    const scored = sections[0].predictions.map(({ score }) => score !== null)
    expect(scored).toEqual([false, ...scored.slice(1).fill(true)])
  })

  it('of an empty range gives only what follows it', async () => {
    const { sections, inspection } = await inspect({ ranges: [{ start: 6, end: 6 }] })
    expect(sections[0].predictions).toEqual([])
    expect(sections[0].next?.logitsRow).toBe(1)
    expect(inspection.sections[0].contextTokens).toBe(1)
  })

  it('of nothing at all gives nothing', async () => {
    const { sections } = await inspect({ text: '', ranges: [{ start: 0, end: 0 }], startToken: false })
    expect(sections).toEqual([{ predictions: [], next: null, readings: [] }])
  })

  it('says how far what stands before a section has been read', async () => {
    const end = { start: text.length - 1, end: text.length }
    const { sections } = await inspect({ ranges: [end] }, 40)
    expect(sections[0].readings).toEqual([
      [40, tokenIds.length - 1],
      [80, tokenIds.length - 1],
    ])
  })

  it('counts the windows of a selection far down a long document, and only the tokens in its window as seen', async () => {
    const long = referenceText('long').text.repeat(2)
    const range = { start: long.length - 40, end: long.length }
    const { inspection, sequences } = await prepare({
      text: long,
      ranges: [range, { start: 0, end: long.length }],
    })
    const [atEnd, all] = inspection.sections
    const { from, to } = sequences[0]
    // Windows of 511 tokens, one every 256.
    const window = Math.ceil((from - 511 + 1) / 256)
    expect(atEnd.windows).toBe(1)
    expect(atEnd.contextTokens).toBe(from - 256 * window)
    expect(all.windows).toBe(1 + Math.ceil((to - 511) / 256))
    expect(all.contextTokens).toBe(0)
  })

  it('stops where it is cancelled', async () => {
    const service = freshService(model, 8)
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
    expect(predictions).toBe(8)
  })
})

type Wanted = Partial<Omit<DocumentRequest, 'ranges'>> & {
  readonly ranges: readonly { start: number; end: number }[]
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
  return prepareInspection(freshService(model), requestFor(wanted))
}

interface Received {
  readonly predictions: TokenPrediction[]
  next: Distribution | null
  readonly readings: number[][]
}

/** Prepares and runs; what came along, by section. */
async function inspect(wanted: Wanted, chunkPositions?: number) {
  const service = freshService(model, chunkPositions)
  const prepared = await prepareInspection(service, requestFor(wanted))
  const sections = prepared.inspection.sections.map((): Received => ({
    predictions: [],
    next: null,
    readings: [],
  }))
  await runInspection(service, prepared, {
    onPredictions: (section, more) => sections[section].predictions.push(...more),
    onNext: (section, next) => (sections[section].next = next),
    onReading: (section, ...reading) => sections[section].readings.push(reading),
  })
  return { inspection: prepared.inspection, sections }
}

function rangeOf(part: string): { start: number; end: number } {
  const start = text.indexOf(part)
  if (start === -1) throw new Error(`the text has no “${part}”`)
  return { start, end: start + part.length }
}

function textOf({ range }: { readonly range: { readonly start: number; readonly end: number } }): string {
  return text.slice(range.start, range.end)
}

function expectClose(actual = NaN, expected = NaN): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(LOG_PROB_TOLERANCE)
}
