import { beforeAll, describe, expect, it } from 'vitest'
import {
  complete,
  type Completion,
  type CompletionRequest,
  insertableText,
} from '../../../src/prediction/completion'
import { prepareCompletion } from '../../../src/prediction/inspectCompletion'
import { runInspection } from '../../../src/prediction/inspectDocument'
import type { PredictionService } from '../../../src/prediction/predictionService'
import { restOfCompletion } from '../../../src/prediction/restOfCompletion'
import type { TokenScore } from '../../../src/shared/contracts/prediction'
import { freshService, LOADING_LIMIT_MS, loadMini } from '../../support/engine/engineUnderTest'
import { referenceText } from '../../support/reference/referenceTexts'

const GREEDY = { temperature: 0, topK: 0, topP: 1, minP: 0 }
const CODE = referenceText('typescript').text
/** Longer than the embedded model's window of 512 tokens. */
const LONG_CODE = CODE.repeat(8)

let service: PredictionService
beforeAll(async () => {
  service = freshService(await loadMini())
}, LOADING_LIMIT_MS)

describe('A completion', () => {
  it('ends a half-typed word as its tokens would have it', async () => {
    const { candidates } = await completionOf(`${CODE}\nexport async func`)

    expect(candidates[0].text).toMatch(/^tion/)
  })

  it('keeps the text before the cursor open from its last pre-token on', async () => {
    const completion = await completionOf(`${CODE}\nexport async func`)

    expect(Buffer.from(completion.typed).toString()).toBe(' func')
    expect(completion.request.text.slice(completion.typedStart)).toBe(' func')
  })

  it('has candidates that differ, most probable first', async () => {
    const { candidates } = await completionOf(CODE, { candidates: 5 })

    expect(new Set(candidates.map(({ text }) => text)).size).toBe(candidates.length)
    const logProbs = candidates.map(({ logProb }) => logProb)
    expect(logProbs).toEqual([...logProbs].sort((a, b) => b - a))
  })

  it('of a long text leaves room in its window for the longest answer', async () => {
    const { contextTokenIds, candidates } = await completionOf(LONG_CODE, { minProbability: 0, lines: 16 })

    expect(contextTokenIds.length).toBeGreaterThan(256)
    expect(1 + contextTokenIds.length + candidates[0].tokenIds.length).toBeLessThanOrEqual(512)
  })

  it('does not exist where there is nothing to go on from', async () => {
    const completion = await complete(service, requestOf('', { startToken: false }), NEVER)

    expect(completion).toBeUndefined()
  })

  it('begins behind the first token where there is no start token', async () => {
    const completion = await completionOf('import', { startToken: false })

    expect(completion.contextTokenIds).toHaveLength(1)
    expect(completion.typed).toHaveLength(0)
  })
})

describe('What is inserted', () => {
  it.each([
    ['an unfinished character', [0x61, 0xf0, 0x9f, 0x91], 'a'],
    ['a byte that is no character', [0x61, 0xff, 0x62], 'a'],
    ['a control character', [...Buffer.from('a\u001b[31m')], 'a'],
    ['a carriage return', [...Buffer.from('a\rb')], 'a'],
    ['a bidi override', [...Buffer.from('a\u202eb')], 'a'],
    ['a line separator', [...Buffer.from('a\u2028b')], 'a'],
  ])('ends before %s', (_, bytes, expected) => {
    expect(insertableText(Uint8Array.from(bytes))).toBe(expected)
  })

  it('keeps tabs and newlines, and drops the white space at its end', () => {
    expect(insertableText(Buffer.from('\n\tgo(👋🏽)\n\t'))).toBe('\n\tgo(👋🏽)')
  })
})

describe('The rest of a completion', () => {
  const completion = async () => {
    const made = await completionOf(CODE)
    const [candidate] = made.candidates
    const texts = ['const a = 1', 'const b', 'return']
    return { ...made, candidates: texts.map((text) => ({ ...candidate, text })) }
  }

  it.each([
    ['all that it says, where it was made', '', ['const a = 1', 'const b', 'return']],
    ['what is left of those that agree', 'const ', ['a = 1', 'b']],
    ['nothing where none agrees', 'let', undefined],
    ['nothing where it is used up', 'return', undefined],
  ])('is %s', async (_, added, rest) => {
    expect(restOfCompletion(await completion(), CODE + added)).toEqual(rest)
  })

  it('is nothing where the text before has changed', async () => {
    expect(restOfCompletion(await completion(), ` ${CODE}`)).toBeUndefined()
  })
})

describe('The steps of a completion', () => {
  it('are scored by the distributions that they were drawn from', async () => {
    const completion = await completionOf(LONG_CODE, { minProbability: 0, candidates: 3 })

    const { sections, scores } = await inspect(completion)

    for (const [i, { predicted, free }] of sections.entries()) {
      expect(predicted).toEqual([...completion.candidates[i].tokenIds])
      expect(scores[i].slice(free).map(({ rank }) => rank)).toEqual(scores[i].slice(free).map(() => 1))
    }
  })

  it('multiply to the probability of the whole where nothing was typed', async () => {
    const completion = await completionOf('', { minProbability: 0 })

    const { scores } = await inspect(completion)

    for (const [i, { logProb }] of completion.candidates.entries())
      expect(scores[i].reduce((sum, step) => sum + step.logProb, 0)).toBeCloseTo(logProb, 3)
  })
})

const NEVER = new AbortController().signal

function requestOf(text: string, parts: Partial<CompletionRequest> = {}): CompletionRequest {
  const settings = {
    startToken: true,
    candidates: 3,
    lines: 1,
    minProbability: 0.05,
    sampling: GREEDY,
    seed: 1,
  }
  return { text, ...settings, ...parts }
}

async function completionOf(text: string, parts?: Partial<CompletionRequest>): Promise<Completion> {
  const completion = await complete(service, requestOf(text, parts), NEVER)
  if (completion === undefined) throw new Error('there is something to go on from')
  return completion
}

/** `free` is the first token of a section that nothing but the model decided. */
async function inspect(completion: Completion) {
  const place = { documentUri: 'untitled:a', documentName: 'a', offset: 0, line: 1 }
  const prepared = prepareCompletion(completion, place, 'id', 5)
  const predicted: number[][] = completion.candidates.map(() => [])
  const scores: TokenScore[][] = completion.candidates.map(() => [])
  await runInspection(service, prepared, {
    onPredictions: (section, predictions) => {
      for (const { tokenId, score } of predictions) {
        predicted[section].push(tokenId)
        if (score !== null) scores[section].push(score)
      }
    },
  })
  const typedTokens =
    prepared.inspection.generation?.candidates.map((candidate) => candidate.typedTokens) ?? []
  return { scores, sections: predicted.map((ids, i) => ({ predicted: ids, free: typedTokens[i] + 1 })) }
}
