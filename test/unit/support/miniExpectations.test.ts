// The embedded model's predictions that other tests rely on.

import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { complete } from '../../../src/prediction/live/completion'
import type { PredictionService, SequencePrediction } from '../../../src/prediction/windows/predictionService'
import { elementAt } from '../../../src/shared/elementAt'
import { stepOf } from '../../../src/shared/numbers/metrics'
import {
  formatCount,
  formatDecimal,
  formatProbability,
  formatWholePercent,
  speakPercent,
} from '../../../src/shared/text/format'
import { showToken } from '../../../src/shared/text/tokenText'
import { freshService, LOADING_LIMIT_MS, loadMini } from '../../support/engine/engineUnderTest'
import {
  COMPLETIONS,
  EXPECTED_TOKEN,
  LINE_END_EXPECTED,
  LINE_END_EXPECTED_INDEX,
  MOST_SURPRISING,
  SHOWN_POSITIONS,
  SURPRISING_PLACES,
  TOKEN_OF_STEP,
  type UnexpectedToken,
  WORD_OUT_OF_PLACE,
} from '../../support/reference/miniExpectations'
import { referenceText } from '../../support/reference/referenceTexts'
import { spokenNumbers, SUMMARY, tokenNumbers } from '../../support/reference/sampleNumbers'
import { readGpt2Vocabulary } from '../../support/texts/gpt2Vocabulary'

const SAMPLE = new URL('../../../sample/', import.meta.url)
const vocabulary = readGpt2Vocabulary()
const { text, tokenIds, positions } = referenceText('typescript +bos')
const tokens = Array.from(tokenIds, (id, position) => {
  const { surprisal } = tokenNumbers(position)
  return { position, shown: shownToken(id), surprisal, step: stepOf('surprisal', surprisal) }
})
/** Steps 4 and 5. */
const surprising = tokens.filter(({ step }) => step >= 4)
const byMostSurprising = surprising.toSorted((a, b) => b.surprisal - a.surprisal)

let service: PredictionService
beforeAll(async () => {
  service = freshService(await loadMini())
}, LOADING_LIMIT_MS)

describe('The reference’s numbers for the sample', () => {
  it('belong to its text', async () => {
    expect(await readFile(new URL('readConfig.ts', SAMPLE), 'utf8')).toBe(text)
  })

  it.each([MOST_SURPRISING, LINE_END_EXPECTED])('have $expected in the place of $token', (unexpected) => {
    expectUnexpected(unexpected)
  })

  it('list the most surprising token first, and the token in the place of a line end at its index', () => {
    expect(byMostSurprising.at(0)?.position).toBe(MOST_SURPRISING.position)
    expect(byMostSurprising.at(LINE_END_EXPECTED_INDEX)?.position).toBe(LINE_END_EXPECTED.position)
  })

  it.each([...Object.entries(TOKEN_OF_STEP), ['1', EXPECTED_TOKEN] as const])(
    'have a token of step %s',
    (step, token) => {
      const found = tokens.filter(({ shown }) => shown.replace('·', '') === token)
      expect(found.map((one) => one.step)).toEqual([Number(step)])
    },
  )

  it('do not have the most surprising token among the ten most likely', () => {
    expect(tokenNumbers(MOST_SURPRISING.position).rank).toBeGreaterThan(10)
  })

  it('have two surprising tokens in a row', () => {
    const [first, second] = SURPRISING_PLACES
    const places = surprising.map(({ position, shown }) => ({ token: shown, ...placeOf(position) }))
    const at = places.findIndex(({ line, column }) => line === first.line && column === first.column)
    expect(places.slice(at, at + 2)).toEqual([first, second])
  })
})

describe('The embedded model', () => {
  it('shows the digits of the reference', async () => {
    const { scores } = await predict(text)

    for (const position of SHOWN_POSITIONS) {
      const { logProb = NaN, rank = NaN, surprisal = NaN, top = [] } = elementAt(scores, position) ?? {}
      const reference = tokenNumbers(position)
      expect(
        `Probability ${speakPercent(Math.exp(logProb))}, rank ${formatCount(rank)}, ${formatDecimal(surprisal, 1)} bits`,
      ).toBe(spokenNumbers(position))
      expect(formatProbability(Math.exp(logProb))).toBe(formatProbability(reference.probability))
      expect(formatDecimal(surprisal)).toBe(formatDecimal(reference.surprisal))
      expect(formatWholePercent(Math.exp(top.at(0)?.logProb ?? NaN))).toBe(
        formatWholePercent(elementAt(reference.topProbabilities, 0)),
      )
    }
    const bits = scores.reduce((sum, score) => sum + (score?.surprisal ?? NaN), 0) / scores.length
    expect(formatDecimal(bits)).toBe(SUMMARY.bitsPerToken)
  })

  it('finds the word of the prose that does not belong there', async () => {
    const prose = await readFile(new URL('prose.txt', SAMPLE), 'utf8')
    const { tokenIds: ids } = await service.tokenize(prose)
    const { scores } = await predict(prose)

    const [first, second] = scores
      .map((score, i) => ({ token: textOf(elementAt(ids, i)), surprisal: score?.surprisal ?? NaN }))
      .sort((a, b) => b.surprisal - a.surprisal)

    expect(first?.token).toBe(WORD_OUT_OF_PLACE)
    expect(first?.surprisal).toBeGreaterThan(2 * (second?.surprisal ?? NaN))
  })

  it.each(Object.values(COMPLETIONS))('continues with “$completion”', async ({ text, completion }) => {
    for (const minProbability of [0, 0.05, 0.1]) {
      const found = await complete(service, requestOf(text, minProbability), NEVER)
      expect(found?.candidates[0]?.text.slice(0, completion.length)).toBe(completion)
    }
  })
})

const NEVER = new AbortController().signal

function requestOf(text: string, minProbability: number) {
  const sampling = { temperature: 0, topK: 0, topP: 1, minP: 0 }
  return { text, startToken: true, candidates: 3, lines: 1, minProbability, sampling, seed: 1 }
}

async function predict(text: string): Promise<SequencePrediction> {
  const { tokenIds } = await service.tokenize(text)
  return service.predict({
    tokenIds,
    from: 0,
    to: tokenIds.length,
    startToken: true,
    topK: 1,
    temperature: 1,
  })
}

function expectUnexpected({ position, token, expected }: UnexpectedToken): void {
  expect(elementAt(tokens, position).shown).toBe(token)
  expect(shownToken(elementAt(elementAt(positions, position).topIds, 0))).toBe(expected)
}

/** The line and column of a token's first visible character, from 1. */
function placeOf(position: number): { line: number; column: number } {
  const before = Array.from(tokenIds.subarray(0, position), textOf).join('')
  const spaces = Math.max(0, textOf(elementAt(tokenIds, position)).search(/\S/))
  const lines = (before + ' '.repeat(spaces)).split('\n')
  return { line: lines.length, column: elementAt(lines, lines.length - 1).length + 1 }
}

function shownToken(tokenId: number): string {
  return showToken(vocabulary.bytesOf(tokenId))
}

function textOf(tokenId: number): string {
  return Buffer.from(vocabulary.bytesOf(tokenId)).toString()
}
