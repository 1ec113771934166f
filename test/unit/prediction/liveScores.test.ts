import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { LoadedModel } from '../../../src/engine/inference/model'
import { LiveScores } from '../../../src/prediction/liveScores'
import type { PredictionService } from '../../../src/prediction/predictionService'
import { CancelledError, LiveTextTooLongError } from '../../../src/shared/errors'
import type { TokenScore } from '../../../src/shared/contracts/prediction'
import type { TextEdit } from '../../../src/shared/text/textEdit'
import type { TokenizedText } from '../../../src/shared/contracts/tokenizedText'
import { freshService, LOADING_LIMIT_MS, loadMini } from '../../support/engine/engineUnderTest'
import { LOG_PROB_TOLERANCE } from '../../support/reference/referenceAgreement'
import { referenceText } from '../../support/reference/referenceTexts'
import { unicodeTexts } from '../../support/texts/unicodeTexts'

const EVERYTHING = { start: 0, end: Infinity }
const signal = new AbortController().signal
const { text: sample } = referenceText('typescript +bos')
/** About 1,100 tokens: four windows of the embedded model. */
const longText = sample.repeat(13)

let model: LoadedModel
let service: PredictionService
beforeAll(async () => {
  model = await loadMini()
  service = freshService(model)
}, LOADING_LIMIT_MS)

describe('After any edits', () => {
  it.each([true, false])('the scores are those of the final text (start token: %s)', async (startToken) => {
    await fc.assert(
      fc.asyncProperty(unicodeTexts, fc.array(randomChanges(), { maxLength: 5 }), async (text, changes) => {
        const { scores, finalText } = await afterEdits(text, changes, startToken)

        await scores.score(EVERYTHING, { signal })

        await expectScoresOf(finalText, scores)
      }),
      { numRuns: 25 },
    )
  })

  it('the scores are those of the final text in a text of several windows', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(randomChanges(), { minLength: 1, maxLength: 2 }), async (changes) => {
        const { scores, finalText } = await afterEdits(longText, changes, true)

        await scores.score(EVERYTHING, { signal })

        await expectScoresOf(finalText, scores)
      }),
      { numRuns: 2 },
    )
  })
})

describe('A text that is too long to be followed', () => {
  it('is refused before it is tokenized', async () => {
    const update = new LiveScores(service, true).update('word '.repeat(400_001), signal)
    await expect(update).rejects.toThrow(LiveTextTooLongError)
    await expect(update).rejects.toThrow('2,000,005 characters')
  })
})

describe('An edit', () => {
  it('leaves what stands before it as it is', async () => {
    const scores = await scored(sample)
    const before = scores.predictionOf(10)

    scores.edit([insertion(sample.indexOf('readFile'), 'x')])

    expect(scores.predictionOf(10)).toEqual(before)
    expect(before?.stale).toBe(false)
  })

  it('makes stale, and moves, what stands behind it', async () => {
    const scores = await scored(sample)
    const token = tokenAt(scores, sample.indexOf(' catch'))

    scores.edit([insertion(0, 'xyz')])

    expect(scores.tokens.starts[token]).toBe(sample.indexOf(' catch') + 3)
    expect(scores.predictionOf(token)?.stale).toBe(true)
  })

  it('takes with it the tokens that it touches', async () => {
    const scores = await scored(sample)
    const start = sample.indexOf('readFile')
    const count = scores.tokens.tokenIds.length

    scores.edit([{ rangeOffset: start + 1, rangeLength: 'readFile'.length - 2, text: '' }])

    expect(scores.tokens.tokenIds.length).toBe(count - 2)
    expect(scores.outdated).toBe(true)
  })

  it('moves every token that none of its replacements touches', async () => {
    await fc.assert(
      fc.asyncProperty(unicodeTexts, randomChanges(), async (text, { parts }) => {
        const scores = new LiveScores(service, true)
        await scores.update(text, signal)
        const edits = editsOf(text, parts)
        const expected = rangesAfter(scores.tokens, edits)

        scores.edit(edits)

        expect(Array.from(scores.tokens.starts, (start, i) => [start, scores.tokens.ends[i]])).toEqual(
          expected,
        )
      }),
    )
  })

  it('may be several at once, whatever their order', async () => {
    const edits = [insertion(sample.indexOf('catch'), '\n'), insertion(sample.indexOf('try'), '// \n')]
    const [scores, others] = [await scored(sample), await scored(sample)]

    scores.edit(edits)
    others.edit(edits.toReversed())

    expect(scores.tokens).toEqual(others.tokens)
    expect(scores.predictionOf(tokenAt(scores, sample.indexOf('return')))?.stale).toBe(true)
  })

  it('cancels what is running', async () => {
    const scores = new LiveScores(freshService(model, 8), true)
    await scores.update(sample, signal)
    const scoring = scores.score(EVERYTHING, {
      signal,
      onScored: () => {
        scores.edit([insertion(0, 'x')])
      },
    })

    await expect(scoring).rejects.toThrow(CancelledError)
  })
})

describe('An update', () => {
  it('keeps the score of a token that stands where it stood, as a stale one', async () => {
    const scores = await scored(sample)
    const at = sample.indexOf(' catch')
    const before = scores.predictionOf(tokenAt(scores, at))
    const edit = insertion(sample.indexOf('readFile'), 'x')
    scores.edit([edit])

    await scores.update(apply(sample, [edit]), signal)

    expect(scores.predictionOf(tokenAt(scores, at + 1))).toEqual({ ...before, stale: true })
  })
})

describe('A token that was not there before', () => {
  it('has no score, and not that of the one that stood there', async () => {
    const scores = await scored(sample)
    const start = sample.indexOf('text = ')
    const edit = { rangeOffset: start, rangeLength: 'text'.length, text: 'data' }
    scores.edit([edit])

    await scores.update(apply(sample, [edit]), signal)

    expect(scores.predictionOf(tokenAt(scores, start))).toBeUndefined()
  })
})

describe('Scoring', () => {
  it('takes the tokens of the range, and no others', async () => {
    const scores = new LiveScores(service, true)
    await scores.update(sample, signal)
    const start = sample.indexOf('  try')

    await scores.score({ start, end: sample.indexOf('return') }, { signal })

    const first = tokenAt(scores, start)
    expect(scores.predictionOf(first - 1)).toBeUndefined()
    expect(scores.predictionOf(first)).toBeDefined()
    expect(scores.predictionOf(tokenAt(scores, sample.indexOf('.parse')))).toBeUndefined()
  })

  it('runs the model for what has no score only', async () => {
    const asked: number[] = []
    const scores = new LiveScores(noting(service, asked), true)
    await scores.update(sample, signal)
    await scores.score({ start: 0, end: sample.indexOf('  try') }, { signal })
    const settled = tokenAt(scores, sample.indexOf('  try'))
    asked.length = 0

    await scores.score(EVERYTHING, { signal })

    expect(asked).toEqual([settled, scores.tokens.tokenIds.length])
  })
})

/** One replacement; its place is a part of the text's length. */
interface RandomPart {
  readonly from: number
  readonly length: number
  readonly text: string
}

/** One change of the document. */
interface RandomChange {
  readonly parts: readonly RandomPart[]
  /** How much of the document is scored before it. */
  readonly scoredBefore: number
  /** Whether the next one comes before anybody has tokenized the text. */
  readonly hurried: boolean
}

function randomChanges(): fc.Arbitrary<RandomChange> {
  const part = fc.record({
    from: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.oneof(fc.constant(0), fc.nat({ max: 30 })),
    text: fc.oneof(fc.constant(''), fc.constantFrom('x', ' ', '\n', '\r\n', 'const '), unicodeTexts),
  })
  return fc.record({
    parts: fc.array(part, { minLength: 1, maxLength: 4 }),
    scoredBefore: fc.double({ min: 0, max: 1, noNaN: true }),
    hurried: fc.boolean(),
  })
}

/** From the last to the first, as VS Code tells of them, and none into another. */
function editsOf(text: string, parts: readonly RandomPart[]): TextEdit[] {
  let free = 0
  return [...parts]
    .sort((a, b) => a.from - b.from)
    .map(({ from, length, text: inserted }) => {
      const rangeOffset = Math.max(free, Math.floor(from * text.length))
      const rangeLength = Math.min(length, text.length - rangeOffset)
      free = rangeOffset + rangeLength
      return { rangeOffset, rangeLength, text: inserted }
    })
    .reverse()
}

/** Token by token, as one would say it. */
function rangesAfter({ starts, ends }: TokenizedText, edits: readonly TextEdit[]): number[][] {
  return Array.from(starts, (start, i) => [start, ends[i]]).flatMap(([start, end]) => {
    const isTouched = (edit: TextEdit) =>
      edit.rangeOffset < end && edit.rangeOffset + edit.rangeLength > start
    if (edits.some(isTouched)) return []
    const shift = edits
      .filter(({ rangeOffset, rangeLength }) => rangeOffset + rangeLength <= start)
      .reduce((sum, { rangeLength, text }) => sum + text.length - rangeLength, 0)
    return [[start + shift, end + shift]]
  })
}

/** A document lives through these changes; between them parts of it are scored. */
async function afterEdits(text: string, changes: readonly RandomChange[], startToken: boolean) {
  const scores = new LiveScores(service, startToken)
  let finalText = text
  for (const { parts, scoredBefore, hurried } of changes) {
    if (!hurried) {
      await scores.update(finalText, signal)
      await scores.score({ start: 0, end: finalText.length * scoredBefore }, { signal })
    }
    const edits = editsOf(finalText, parts)
    scores.edit(edits)
    finalText = apply(finalText, edits)
  }
  await scores.update(finalText, signal)
  return { scores, finalText }
}

/** Against an engine that has kept nothing. */
async function expectScoresOf(text: string, scores: LiveScores): Promise<void> {
  const cold = freshService(model)
  const tokens = await cold.tokenize(text)
  expect(scores.tokens).toEqual(tokens)
  const to = tokens.tokenIds.length
  const request = { tokenIds: tokens.tokenIds, from: 0, to, topK: 1, temperature: 1 }
  const expected = await cold.predict({ ...request, startToken: scores.startToken })
  for (const [token, score] of expected.scores.entries()) expectSame(scores, token, score)
}

function expectSame(scores: LiveScores, token: number, expected: TokenScore | null): void {
  const score = scores.predictionOf(token)
  expect(score?.stale).toBe(false)
  if (expected === null) expect(score?.score).toBeNull()
  else
    expect(Math.abs((score?.score?.logProb ?? NaN) - expected.logProb)).toBeLessThanOrEqual(
      LOG_PROB_TOLERANCE,
    )
}

async function scored(text: string): Promise<LiveScores> {
  const scores = new LiveScores(service, true)
  await scores.update(text, signal)
  await scores.score(EVERYTHING, { signal })
  return scores
}

function tokenAt({ tokens }: LiveScores, offset: number): number {
  return tokens.ends.findIndex((end) => end > offset)
}

function insertion(rangeOffset: number, text: string): TextEdit {
  return { rangeOffset, rangeLength: 0, text }
}

/** From the last to the first. */
function apply(text: string, edits: readonly TextEdit[]): string {
  return edits.reduce(
    (before, { rangeOffset, rangeLength, text: inserted }) =>
      before.slice(0, rangeOffset) + inserted + before.slice(rangeOffset + rangeLength),
    text,
  )
}

/** The same service; `asked` notes the span of every prediction. */
function noting(real: PredictionService, asked: number[]): PredictionService {
  const service = Object.create(real) as PredictionService
  service.predict = (request, options) => {
    asked.push(request.from, request.to)
    return real.predict(request, options)
  }
  return service
}
