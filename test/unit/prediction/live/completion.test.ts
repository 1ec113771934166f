import { beforeAll, describe, expect, it } from 'vitest'
import {
  complete,
  type Completion,
  type CompletionRequest,
  insertableText,
} from '../../../../src/prediction/live/completion'
import { prepareCompletion } from '../../../../src/prediction/live/inspectCompletion'
import { runInspection } from '../../../../src/prediction/windows/inspectDocument'
import type { PredictionService } from '../../../../src/prediction/windows/predictionService'
import { restOfCompletion } from '../../../../src/prediction/live/restOfCompletion'
import type { TokenScore } from '../../../../src/shared/contracts/engine/prediction'
import { elementAt } from '../../../../src/shared/elementAt'
import { freshService, LOADING_LIMIT_MS, loadMini } from '../../../support/engine/engineUnderTest'
import { COMPLETIONS } from '../../../support/reference/miniExpectations'
import { referenceText } from '../../../support/reference/referenceTexts'

const GREEDY = { temperature: 0, topK: 0, topP: 1, minP: 0 }
const CODE = referenceText('typescript').text
/** Longer than the embedded model's window of 512 tokens. */
const LONG_CODE = CODE.repeat(8)

let service: PredictionService
beforeAll(async () => {
  service = freshService(await loadMini())
}, LOADING_LIMIT_MS)

describe('complete', () => {
  it('completes a half-typed word', async () => {
    const { text, completion } = COMPLETIONS.halfTypedWord
    const { candidates } = await completionOf(text)

    expect(candidates[0]?.text.slice(0, completion.length)).toBe(completion)
  })

  it('regenerates the text from its last pre-token on', async () => {
    const completion = await completionOf(`${CODE}\nexport async func`)

    expect(Buffer.from(completion.typed).toString()).toBe(' func')
    expect(completion.request.text.slice(completion.typedStart)).toBe(' func')
  })

  it('has distinct candidates, most probable first', async () => {
    const { candidates } = await completionOf(CODE, { candidates: 5 })

    expect(new Set(candidates.map(({ text }) => text)).size).toBe(candidates.length)
    const logProbs = candidates.map(({ logProb }) => logProb)
    expect(logProbs).toEqual([...logProbs].sort((a, b) => b - a))
  })

  it('leaves space for the longest candidate in the window of a long text', async () => {
    const { contextTokenIds, candidates } = await completionOf(LONG_CODE, {
      minProbability: 0,
      lines: 16,
      candidates: 1,
    })

    expect(contextTokenIds.length).toBeGreaterThan(256)
    expect(1 + contextTokenIds.length + elementAt(candidates, 0).tokenIds.length).toBeLessThanOrEqual(512)
  })

  it('is undefined for an empty text without a start token', async () => {
    const completion = await complete(service, requestOf('', { startToken: false }), NEVER)

    expect(completion).toBeUndefined()
  })

  it('uses the first token as context if there is no start token', async () => {
    const completion = await completionOf('import', { startToken: false })

    expect(completion.contextTokenIds).toHaveLength(1)
    expect(completion.typed).toHaveLength(0)
  })
})

describe('insertableText', () => {
  it.each([
    ['an unfinished character', [0x61, 0xf0, 0x9f, 0x91], 'a'],
    ['an invalid byte', [0x61, 0xff, 0x62], 'a'],
    ['a control character', [...Buffer.from('a\u001b[31m')], 'a'],
    ['a carriage return', [...Buffer.from('a\rb')], 'a'],
    ['a bidi override', [...Buffer.from('a\u202eb')], 'a'],
    ['a line separator', [...Buffer.from('a\u2028b')], 'a'],
  ])('ends before %s', (_, bytes, expected) => {
    expect(insertableText(Uint8Array.from(bytes))).toBe(expected)
  })

  it('keeps tabs and newlines and removes trailing white space', () => {
    expect(insertableText(Buffer.from('\n\tgo(👋🏽)\n\t'))).toBe('\n\tgo(👋🏽)')
  })
})

describe('restOfCompletion', () => {
  let completion: Completion
  beforeAll(async () => {
    const texts = ['const a = 1', 'const b', 'return']
    completion = {
      ...(await completionOf(CODE)),
      candidates: texts.map((text) => ({ text, tokenIds: new Int32Array(), logProb: 0 })),
    }
  })

  it.each([
    ['all of each candidate before anything is typed', '', ['const a = 1', 'const b', 'return']],
    ['the rest of the candidates that match', 'const ', ['a = 1', 'b']],
    ['undefined if no candidate matches', 'let', undefined],
    ['undefined if nothing is left', 'return', undefined],
  ])('is %s', (_, added, rest) => {
    expect(restOfCompletion(completion, CODE + added)).toEqual(rest)
  })

  it('is undefined if the text before has changed', () => {
    expect(restOfCompletion(completion, ` ${CODE}`)).toBeUndefined()
  })
})

describe('prepareCompletion', () => {
  it('scores tokens with the distributions that they were drawn from', async () => {
    const completion = await completionOf(LONG_CODE, { minProbability: 0, candidates: 2 })

    const { sections, scores } = await inspect(completion)

    for (const [i, { predicted, free }] of sections.entries()) {
      const ranks = elementAt(scores, i).map(({ rank }) => rank)
      expect(predicted).toEqual([...elementAt(completion.candidates, i).tokenIds])
      expect(ranks.slice(free)).toEqual(ranks.slice(free).map(() => 1))
    }
  })

  it('has scores that multiply to the candidate’s probability if nothing was typed', async () => {
    const completion = await completionOf('', { minProbability: 0.001 })

    const { scores } = await inspect(completion)

    for (const [i, { logProb }] of completion.candidates.entries())
      expect(elementAt(scores, i).reduce((sum, step) => sum + step.logProb, 0)).toBeCloseTo(logProb, 3)
  })
})

const NEVER = new AbortController().signal

function requestOf(text: string, overrides: Partial<CompletionRequest> = {}): CompletionRequest {
  const settings = {
    startToken: true,
    candidates: 3,
    lines: 1,
    minProbability: 0.05,
    sampling: GREEDY,
    seed: 1,
  }
  return { text, ...settings, ...overrides }
}

async function completionOf(text: string, overrides?: Partial<CompletionRequest>): Promise<Completion> {
  const completion = await complete(service, requestOf(text, overrides), NEVER)
  if (completion === undefined) throw new Error('this text can be completed')
  return completion
}

/** `free` is the index of the first token that the typed bytes do not determine. */
async function inspect(completion: Completion) {
  const place = { documentUri: 'untitled:a', documentName: 'a', offset: 0, line: 1 }
  const prepared = prepareCompletion(completion, place, 'id', 5)
  const predicted: number[][] = completion.candidates.map(() => [])
  const scores: TokenScore[][] = completion.candidates.map(() => [])
  await runInspection(service, prepared, {
    onPredictions: (section, predictions) => {
      for (const { tokenId, score } of predictions) {
        elementAt(predicted, section).push(tokenId)
        if (score !== null) elementAt(scores, section).push(score)
      }
    },
  })
  const typedTokens =
    prepared.inspection.generation?.candidates.map((candidate) => candidate.typedTokens) ?? []
  return {
    scores,
    sections: predicted.map((ids, i) => ({ predicted: ids, free: elementAt(typedTokens, i) + 1 })),
  }
}
