import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { Tiktoken } from 'tiktoken/lite/init'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { elementAt } from '../../../src/shared/elementAt'
import { CancelledError, TokenizerCrashedError } from '../../../src/shared/errors'
import { START_TOKEN_ID } from '../../../src/shared/contracts/engine/prediction'
import { VOCABULARY_SIZE } from '../../../src/model/gpt2/config'
import { type TokenizedText, tokensOf } from '../../../src/shared/contracts/engine/tokenizedText'
import type { Tokenizer } from '../../../src/tokenizer/tokenizer'
import { loadTokenizer, UNCANCELLED } from '../../support/texts/loadTokenizer'
import { unicodeTexts } from '../../support/texts/unicodeTexts'
import { wholeTiktoken } from '../../support/texts/wholeTiktoken'

interface ReferenceText {
  readonly name: string
  readonly text: string
  readonly ids: number[]
}

const referenceTexts = JSON.parse(
  readFileSync(new URL('../../fixtures/reference/texts.json', import.meta.url), 'utf8'),
) as ReferenceText[]

let tokenizer: Tokenizer
beforeAll(async () => {
  tokenizer = await loadTokenizer()
})
afterAll(() => {
  tokenizer.dispose()
})

const tokenize = (text: string) => tokenizer.tokenize(text, UNCANCELLED)
const idsOf = async (text: string) => [...(await tokenize(text)).tokenIds]

describe('the token ids', () => {
  it.each(referenceTexts.filter(({ name }) => !name.endsWith('+bos')))(
    'are those of the reference text $name',
    async (reference) => {
      expect(await idsOf(reference.text)).toEqual(reference.ids)
    },
  )

  it('of an empty text are an empty list', async () => {
    expect(await idsOf('')).toEqual([])
  })

  it('never include a special token', async () => {
    expect(await idsOf('<|endoftext|>')).toEqual([27, 91, 437, 1659, 5239, 91, 29])
  })

  it('of a CRLF are those of an LF, but a lone CR is kept', async () => {
    expect(await idsOf('a\r\nb')).toEqual(await idsOf('a\nb'))
    expect(await idsOf('a\rb')).not.toEqual(await idsOf('a\nb'))
  })

  it('keep U+FEFF', async () => {
    expect(await idsOf('\ufeffa')).toEqual([171, 119, 123, 64])
  })

  it('of a lone surrogate are those of U+FFFD', async () => {
    expect(await idsOf('a\ud800b')).toEqual(await idsOf('a\ufffdb'))
  })
})

describe('the ranges', () => {
  it('are shared by the tokens of a split character', async () => {
    const text = await tokenize('👋')
    expect(tokensOf(text)).toEqual([
      { tokenId: 41840, range: { start: 0, end: 2 }, partial: true },
      { tokenId: 233, range: { start: 0, end: 2 }, partial: true },
    ])
  })

  it('cover both units of a CRLF', async () => {
    const text = await tokenize('a\r\nb')
    expect(tokensOf(text).map(({ range }) => range)).toEqual([
      { start: 0, end: 1 },
      { start: 1, end: 3 },
      { start: 3, end: 4 },
    ])
  })

  it('cover any text without gaps', async () => {
    await fc.assert(
      fc.asyncProperty(unicodeTexts, async (text) => {
        const { starts, ends, partials } = await tokenize(text)
        let covered = 0
        for (const [i, start] of starts.entries()) {
          const end = elementAt(ends, i)
          expect(start).toBeLessThan(end)
          expect(start).toBeLessThanOrEqual(covered)
          if (start < covered) expect(partials[i]).toBe(1)
          covered = Math.max(covered, end)
        }
        expect(covered).toBe(text.length)
      }),
      { numRuns: 500 },
    )
  })

  it('belong to tokens whose bytes decode to the text', async () => {
    await fc.assert(
      fc.asyncProperty(unicodeTexts, async (text) => {
        expect(decode(await tokenize(text))).toBe(asSeenByTheModel(text))
      }),
      { numRuns: 500 },
    )
  })

  it('contain the same text as the token’s bytes, unless the token is partial', async () => {
    await fc.assert(
      fc.asyncProperty(unicodeTexts, async (text) => {
        for (const { tokenId, range, partial } of tokensOf(await tokenize(text))) {
          const own = utf8(tokenizer.vocabulary.bytesOf(tokenId))
          if (partial) expect(own).toContain('\ufffd')
          else expect(own).toBe(asSeenByTheModel(text.slice(range.start, range.end)))
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('a long text', () => {
  const paragraph = "It's 3 o'clock;\r\n\tthe  naïve 👋🏽 waits.\n\n   日本語 "

  it('has the same tokens as in one piece', async () => {
    const long = paragraph.repeat(4_000)
    expect(await idsOf(long)).toEqual(wholeTiktoken().idsOf(long))
  })

  it('has the same tokens with many lines, and after an edit', async () => {
    const whole = wholeTiktoken()
    const lines = fc.array(unicodeTexts, { minLength: 60, maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(lines, fc.nat({ max: 59 }), unicodeTexts, async (before, place, changed) => {
        for (const text of [before, before.with(place, changed)].map((all) => all.join('\n'))) {
          expect(await idsOf(text)).toEqual(whole.idsOf(text))
        }
      }),
      { numRuns: 50 },
    )
  })

  it.each([
    ['many lines', '\n', ' '],
    ['one line', '; ', ' '],
    ['one line without white space', ';', '.'],
  ])('of %s is encoded again only in a few pieces after an edit', async (_, separator, space) => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `const name${i} = compute(${i * i})`)
    const join = (edited: string[]) => edited.join(separator).replaceAll(' ', space)
    await tokenize(join(lines))
    const encode = vi.spyOn(Tiktoken.prototype, 'encode_ordinary')

    await tokenize(join(lines.with(7_000, 'let edited = 1')))

    const units = encode.mock.calls.reduce((sum, [text]) => sum + text.length, 0)
    encode.mockRestore()
    expect(units).toBeGreaterThan(0)
    expect(units).toBeLessThan(10_000)
  })

  it('has ranges that continue from piece to piece', async () => {
    const long = paragraph.repeat(4_000)
    const text = await tokenize(long)
    expect(text.ends.at(-1)).toBe(long.length)
    expect(decode(text)).toBe(asSeenByTheModel(long))
  })

  it('yields between its pieces, and stops there after a cancel', async () => {
    const controller = new AbortController()
    let turns = 0
    const turn = () => {
      if (++turns === 2) controller.abort(new CancelledError())
      return Promise.resolve()
    }
    const text = Array.from({ length: 5_000 }, (_, i) => `${i} ${paragraph}`).join('')
    const long = tokenizer.tokenize(text, { signal: controller.signal, turn })
    await expect(long).rejects.toThrow(CancelledError)
    expect(turns).toBe(2)
  })

  it('stops at the next turn after a cancel, also inside of a run without any border', async () => {
    const controller = new AbortController()
    let turns = 0
    const turn = () => {
      if (++turns === 2) controller.abort(new CancelledError())
      return Promise.resolve()
    }

    const run = tokenizer.tokenize('xyz'.repeat(1_000_000), { signal: controller.signal, turn })

    await expect(run).rejects.toThrow(CancelledError)
    expect(turns).toBe(2)
  })

  it('is not started after a cancel', async () => {
    const signal = AbortSignal.abort(new CancelledError())
    await expect(tokenizer.tokenize('a', { ...UNCANCELLED, signal })).rejects.toThrow(CancelledError)
  })
})

describe('a text that cannot be tokenized', () => {
  it('is reported as a crash if the WASM module panics', async () => {
    const panic = new Error('unreachable')
    const encode = vi.spyOn(Tiktoken.prototype, 'encode_ordinary').mockImplementation(() => {
      throw panic
    })
    const failure = await tokenize('never tokenized before').catch((error: unknown) => error)
    encode.mockRestore()
    expect(failure).toBeInstanceOf(TokenizerCrashedError)
    expect(failure).toHaveProperty('cause', panic)
  })
})

describe('the vocabulary', () => {
  it('has the bytes of all tokens', () => {
    expect(tokenizer.vocabulary.size).toBe(VOCABULARY_SIZE)
    expect(utf8(tokenizer.vocabulary.bytesOf(464))).toBe('The')
    expect(utf8(tokenizer.vocabulary.bytesOf(START_TOKEN_ID))).toBe('<|endoftext|>')
  })

  it('has 344 tokens that are not UTF-8 on their own', () => {
    const strict = new TextDecoder('utf-8', { fatal: true })
    const isUtf8 = (id: number) => {
      try {
        strict.decode(tokenizer.vocabulary.bytesOf(id))
        return true
      } catch {
        return false
      }
    }
    const partial = Array.from({ length: START_TOKEN_ID }, (_, id) => id).filter((id) => !isUtf8(id))
    expect(partial).toHaveLength(344)
  })
})

function decode({ tokenIds }: TokenizedText): string {
  return utf8(Uint8Array.from([...tokenIds].flatMap((id) => [...tokenizer.vocabulary.bytesOf(id)])))
}

function utf8(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
}

function asSeenByTheModel(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(/\p{Surrogate}/gu, '\ufffd')
}
