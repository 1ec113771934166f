import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LiveScores } from '../../../../src/prediction/live/liveScores'
import { PredictionService } from '../../../../src/prediction/windows/predictionService'
import type { TextRange, TokenScore } from '../../../../src/shared/contracts/engine/prediction'
import { type TokenizedText, tokensOf } from '../../../../src/shared/contracts/engine/tokenizedText'
import { CancelledError, LiveTextTooLongError } from '../../../../src/shared/errors'
import type { TextEdit } from '../../../../src/shared/text/textEdit'
import { connect, freshService, loadMini } from '../../../support/engine/engineUnderTest'
import { hashEngine } from '../../../support/fakes/hashEngine'
import { LOG_PROB_TOLERANCE } from '../../../support/reference/referenceAgreement'
import { referenceText } from '../../../support/reference/referenceTexts'
import { unicodeTexts } from '../../../support/texts/unicodeTexts'

const EVERYTHING = { start: 0, end: Infinity }
const signal = new AbortController().signal
const { text: sample } = referenceText('typescript +bos')
const service = new PredictionService(connect(hashEngine()))

describe('LiveScores', () => {
  it.each([true, false])(
    'has the scores of the final text after any edits (start token: %s)',
    async (startToken) => {
      await fc.assert(
        fc.asyncProperty(unicodeTexts, fc.array(randomChanges(), { maxLength: 5 }), async (text, changes) => {
          const { scores, finalText } = await afterEdits(text, changes, startToken)

          await scores.score(EVERYTHING, { signal })

          expect(predictionsOf(scores)).toEqual(await expectedPredictions(finalText, startToken))
        }),
      )
    },
  )

  it('has the embedded model’s scores of the final text after an edit in the first of two windows', async () => {
    const model = await loadMini()
    const text = sample.repeat(7)
    const edit = insertion(text.indexOf('readFile'), 'x')
    const scores = new LiveScores(freshService(model), true)
    await scores.update(text, signal)
    await scores.score(EVERYTHING, { signal })
    scores.edit([edit])
    await scores.update(apply(text, [edit]), signal)

    await scores.score(EVERYTHING, { signal })

    const cold = freshService(model)
    const { tokenIds } = await cold.tokenize(apply(text, [edit]))
    const to = tokenIds.length
    const expected = await cold.predict({ tokenIds, from: 0, to, startToken: true, topK: 1, temperature: 1 })
    expect(to).toBeGreaterThan(512)
    for (const [token, score] of expected.scores.entries()) {
      const logProb = scores.predictionOf(token)?.score?.logProb ?? NaN
      expect(Math.abs(logProb - (score?.logProb ?? NaN))).toBeLessThanOrEqual(LOG_PROB_TOLERANCE)
    }
  })
})

describe('LiveScores.edit', () => {
  it('keeps the scores before the edit', async () => {
    const scores = await scored(sample)
    const before = scores.predictionOf(10)

    scores.edit([insertion(sample.indexOf('readFile'), 'x')])

    expect(scores.predictionOf(10)).toEqual(before)
    expect(before?.stale).toBe(false)
  })

  it('moves the tokens after the edit and marks them as stale', async () => {
    const scores = await scored(sample)
    const token = tokenAt(scores, sample.indexOf(' catch'))

    scores.edit([insertion(0, 'xyz')])

    expect(scores.tokens.starts[token]).toBe(sample.indexOf(' catch') + 3)
    expect(scores.predictionOf(token)?.stale).toBe(true)
  })

  it('removes the tokens that it touches', async () => {
    const scores = await scored(sample)
    const start = sample.indexOf('readFile')
    const count = scores.tokens.tokenIds.length

    scores.edit([{ rangeOffset: start + 1, rangeLength: 'readFile'.length - 2, text: '' }])

    expect(scores.tokens.tokenIds.length).toBe(count - 2)
    expect(scores.outdated).toBe(true)
  })

  it('moves every token that none of its replacements touches', async () => {
    await fc.assert(
      fc.asyncProperty(unicodeTexts, randomChanges(), async (text, { replacements }) => {
        const scores = new LiveScores(service, true)
        await scores.update(text, signal)
        const edits = editsOf(text, replacements)
        const expected = rangesAfter(scores.tokens, edits)

        scores.edit(edits)

        expect(tokensOf(scores.tokens).map(({ range }) => range)).toEqual(expected)
      }),
    )
  })

  it('applies several replacements in any order', async () => {
    const edits = [insertion(sample.indexOf('catch'), '\n'), insertion(sample.indexOf('try'), '// \n')]
    const [scores, others] = [await scored(sample), await scored(sample)]

    scores.edit(edits)
    others.edit(edits.toReversed())

    expect(scores.tokens).toEqual(others.tokens)
    expect(scores.predictionOf(tokenAt(scores, sample.indexOf('return')))?.stale).toBe(true)
  })

  it('cancels running calls', async () => {
    const scores = new LiveScores(service, true)
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

describe('LiveScores.update', () => {
  it('keeps the score of an unchanged token as a stale one', async () => {
    const scores = await scored(sample)
    const at = sample.indexOf(' catch')
    const before = scores.predictionOf(tokenAt(scores, at))
    const edit = insertion(sample.indexOf('readFile'), 'x')
    scores.edit([edit])

    await scores.update(apply(sample, [edit]), signal)

    expect(scores.predictionOf(tokenAt(scores, at + 1))).toEqual({ ...before, stale: true })
  })

  it('gives a new token no score', async () => {
    const scores = await scored(sample)
    const start = sample.indexOf('text = ')
    const edit = { rangeOffset: start, rangeLength: 'text'.length, text: 'data' }
    scores.edit([edit])

    await scores.update(apply(sample, [edit]), signal)

    expect(scores.predictionOf(tokenAt(scores, start))).toBeUndefined()
  })

  it('rejects a text that is too long, before it is tokenized', async () => {
    const update = new LiveScores(service, true).update('word '.repeat(400_001), signal)
    await expect(update).rejects.toThrow(LiveTextTooLongError)
    await expect(update).rejects.toThrow('2,000,005 characters')
  })
})

describe('LiveScores.score', () => {
  it('scores only the tokens of the range', async () => {
    const scores = new LiveScores(service, true)
    await scores.update(sample, signal)
    const start = sample.indexOf('  try')

    await scores.score({ start, end: sample.indexOf('return') }, { signal })

    const first = tokenAt(scores, start)
    expect(scores.predictionOf(first - 1)).toBeUndefined()
    expect(scores.predictionOf(first)).toBeDefined()
    expect(scores.predictionOf(tokenAt(scores, sample.indexOf('.parse')))).toBeUndefined()
  })

  it('runs the model only for tokens without a score', async () => {
    const requested: number[] = []
    const scores = new LiveScores(recording(service, requested), true)
    await scores.update(sample, signal)
    await scores.score({ start: 0, end: sample.indexOf('  try') }, { signal })
    const firstUnscored = tokenAt(scores, sample.indexOf('  try'))
    requested.length = 0

    await scores.score(EVERYTHING, { signal })

    expect(requested).toEqual([firstUnscored, scores.tokens.tokenIds.length])
  })
})

/** One replacement; `from` is a fraction of the text's length. */
interface RandomReplacement {
  readonly from: number
  readonly length: number
  readonly text: string
}

/** One change of the document. */
interface RandomChange {
  readonly replacements: readonly RandomReplacement[]
  /** The fraction of the document that is scored before the change. */
  readonly scoredBefore: number
  /** Whether the change follows the previous one without an update between them. */
  readonly hurried: boolean
}

function randomChanges(): fc.Arbitrary<RandomChange> {
  const replacement = fc.record({
    from: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.oneof(fc.constant(0), fc.nat({ max: 30 })),
    text: fc.oneof(fc.constant(''), fc.constantFrom('x', ' ', '\n', '\r\n', 'const '), unicodeTexts),
  })
  return fc.record({
    replacements: fc.array(replacement, { minLength: 1, maxLength: 4 }),
    scoredBefore: fc.double({ min: 0, max: 1, noNaN: true }),
    hurried: fc.boolean(),
  })
}

/** Edits that do not overlap, from the last to the first, as VS Code reports them. */
function editsOf(text: string, replacements: readonly RandomReplacement[]): TextEdit[] {
  let free = 0
  return [...replacements]
    .sort((a, b) => a.from - b.from)
    .map(({ from, length, text: inserted }) => {
      const rangeOffset = Math.max(free, Math.floor(from * text.length))
      const rangeLength = Math.min(length, text.length - rangeOffset)
      free = rangeOffset + rangeLength
      return { rangeOffset, rangeLength, text: inserted }
    })
    .reverse()
}

/** The ranges after the edits, computed token by token. */
function rangesAfter(tokens: TokenizedText, edits: readonly TextEdit[]): TextRange[] {
  return tokensOf(tokens).flatMap(({ range: { start, end } }) => {
    const isTouched = (edit: TextEdit) =>
      edit.rangeOffset < end && edit.rangeOffset + edit.rangeLength > start
    if (edits.some(isTouched)) return []
    const shift = edits
      .filter(({ rangeOffset, rangeLength }) => rangeOffset + rangeLength <= start)
      .reduce((sum, { rangeLength, text }) => sum + text.length - rangeLength, 0)
    return [{ start: start + shift, end: end + shift }]
  })
}

/** Applies the changes to a document and scores parts of it between them. */
async function afterEdits(text: string, changes: readonly RandomChange[], startToken: boolean) {
  const scores = new LiveScores(service, startToken)
  let finalText = text
  for (const { replacements, scoredBefore, hurried } of changes) {
    if (!hurried) {
      await scores.update(finalText, signal)
      await scores.score({ start: 0, end: finalText.length * scoredBefore }, { signal })
    }
    const edits = editsOf(finalText, replacements)
    scores.edit(edits)
    finalText = apply(finalText, edits)
  }
  await scores.update(finalText, signal)
  return { scores, finalText }
}

/** The predictions of all tokens, in order. */
function predictionsOf(scores: LiveScores) {
  return tokensOf(scores.tokens).map((token, i) => {
    const { score = null, stale } = scores.predictionOf(i) ?? {}
    return { ...token, score: withoutSeqLen(score), stale }
  })
}

/** The same from a service that has seen no other text. */
async function expectedPredictions(text: string, startToken: boolean) {
  const fresh = new PredictionService(connect(hashEngine()))
  const tokens = await fresh.tokenize(text)
  const request = { tokenIds: tokens.tokenIds, from: 0, to: tokens.tokenIds.length, topK: 1, temperature: 1 }
  const { scores } = await fresh.predict({ ...request, startToken })
  return tokensOf(tokens).map((token, i) => ({
    ...token,
    score: withoutSeqLen(scores[i] ?? null),
    stale: false,
  }))
}

/** `seqLen` depends on the end of the span that was requested together with the token. */
function withoutSeqLen(score: TokenScore | null) {
  return score && { ...score, seqLen: undefined }
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

/** Applies edits that are ordered from the last to the first. */
function apply(text: string, edits: readonly TextEdit[]): string {
  return edits.reduce(
    (before, { rangeOffset, rangeLength, text: inserted }) =>
      before.slice(0, rangeOffset) + inserted + before.slice(rangeOffset + rangeLength),
    text,
  )
}

/** The same service; `requested` gets the span of every prediction. */
function recording(real: PredictionService, requested: number[]): PredictionService {
  const service = Object.create(real) as PredictionService
  service.predict = (request, options) => {
    requested.push(request.from, request.to)
    return real.predict(request, options)
  }
  return service
}
