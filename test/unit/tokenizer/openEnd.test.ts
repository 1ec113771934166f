import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { TokenizedText } from '../../../src/shared/contracts/engine/tokenizedText'
import { MAX_OPEN_TOKENS, settledTokens } from '../../../src/tokenizer/openEnd'
import { preTokenEnd } from '../../../src/tokenizer/preTokens'
import type { Tokenizer } from '../../../src/tokenizer/tokenizer'
import { loadTokenizer, UNCANCELLED } from '../../support/texts/loadTokenizer'
import { unicodeTexts } from '../../support/texts/unicodeTexts'

let tokenizer: Tokenizer
beforeAll(async () => {
  tokenizer = await loadTokenizer()
})

describe('The settled tokens of a text', () => {
  it('stay the same for any continuation', async () => {
    await fc.assert(
      fc.asyncProperty(openTexts, fc.oneof(unicodeTexts, fc.constantFrom(...MOVERS)), async (text, more) => {
        const tokens = await tokenize(text)
        const settled = settledTokens(text, tokens)
        fc.pre(tokens.tokenIds.length - settled < MAX_OPEN_TOKENS)

        const { tokenIds } = await tokenize(text + more)

        expect(tokenIds.slice(0, settled)).toEqual(tokens.tokenIds.slice(0, settled))
      }),
      { numRuns: 2000 },
    )
  })

  it('are all tokens that no continuation changes, except at most one pre-token', async () => {
    await fc.assert(
      fc.asyncProperty(openTexts, async (text) => {
        const tokens = await tokenize(text)
        const settled = settledTokens(text, tokens)
        const continued = await Promise.all(MOVERS.map((more) => tokenize(text + more)))
        const unmoved = Math.min(...continued.map(({ tokenIds }) => sharedPrefix(tokenIds, tokens.tokenIds)))

        const unnecessarilyOpen = text.slice(startOf(tokens, settled, text), startOf(tokens, unmoved, text))

        expect(isOnePreTokenOrNone(unnecessarilyOpen)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    ['a half-typed word', 'const foo', ['const']],
    ['the space before it', 'const ', ['const']],
    ['several spaces', 'x\n    ', ['x']],
    ['an apostrophe that may become a contraction', "they'r", ['they']],
    ['one that cannot', "they'rx", ['they', "'"]],
    ['one among other marks', "they!'r", ['they', "!'"]],
    ['a number', 'x = 12', ['x', ' =']],
    ['nothing', '', []],
    ['half a CRLF', 'x;\r', ['x', ';']],
  ])('precede %s', async (_, text, expected) => {
    const tokens = await tokenize(text)

    const settled = settledTokens(text, tokens)

    expect(textsOf(tokens, settled, text)).toEqual(expected)
  })

  it('leave a few tokens open in a text without spaces', async () => {
    const text = '吾輩は猫である。名前はまだ無い'.repeat(20)
    const tokens = await tokenize(`a ${text.replaceAll('。', '')}`)

    const settled = settledTokens(`a ${text.replaceAll('。', '')}`, tokens)

    expect(settled).toBe(tokens.tokenIds.length - MAX_OPEN_TOKENS)
  })
})

/** Continuations that change the last tokens of a text: each class of characters, and the letters of contractions. */
const MOVERS = [
  'x',
  '1',
  '!',
  ' ',
  '\n',
  ' x',
  '\nx',
  's',
  't',
  'e',
  'l',
  'm',
  'd',
  're',
  've',
  'll',
  "'s",
  '\udc4b',
]

const CLOSE_CALLS = [
  "'",
  "'r",
  "'v",
  "'l",
  "!'",
  " '",
  'word',
  ' word',
  ' 12',
  '12',
  '  ',
  '\n',
  '\r',
  '\t',
  '(',
  '_',
]

const openTexts = fc.oneof(
  unicodeTexts,
  fc.array(fc.constantFrom(...CLOSE_CALLS), { maxLength: 8 }).map((pieces) => pieces.join('')),
)

/** An apostrophe and the letter that may become a contraction with it count as one. */
function isOnePreTokenOrNone(text: string): boolean {
  return text === '' || /^'[rvl]$/.test(text) || preTokenEnd(text, 0, Infinity) === text.length
}

function tokenize(text: string): Promise<TokenizedText> {
  return tokenizer.tokenize(text, UNCANCELLED)
}

function sharedPrefix(a: Int32Array, b: Int32Array): number {
  const differ = b.findIndex((id, i) => a[i] !== id)
  return differ === -1 ? b.length : differ
}

function startOf({ starts }: TokenizedText, token: number, text: string): number {
  return starts[token] ?? text.length
}

function textsOf({ starts, ends }: TokenizedText, count: number, text: string): string[] {
  return Array.from({ length: count }, (_, i) => text.slice(starts[i], ends[i]))
}
