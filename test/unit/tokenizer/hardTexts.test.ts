import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Tokenizer } from '../../../src/tokenizer/tokenizer'
import { HARD_TEXTS } from '../../support/texts/hardTexts'
import { loadTokenizer, UNCANCELLED } from '../../support/texts/loadTokenizer'
import { wholeTiktoken } from '../../support/texts/wholeTiktoken'

/** tiktoken takes a fraction of a second for a run of this length. */
const COMPARED_UNITS = 6_000
/** tiktoken takes half a minute for a run of this length, and panics on some. */
const MEASURED_UNITS = 160_000
/** A fiftieth of the speed that is measured on a slow machine, so that other programs cannot make the test fail. */
const MAX_MS = 5_000

let tokenizer: Tokenizer
let tiktoken: ReturnType<typeof wholeTiktoken>
beforeAll(async () => {
  tokenizer = await loadTokenizer()
  tiktoken = wholeTiktoken()
})
afterAll(() => {
  tokenizer.dispose()
})

describe.each(HARD_TEXTS)('The text “$name”', ({ ofLength }) => {
  it('has the tokens that tiktoken gives for the whole text', async () => {
    const text = ofLength(COMPARED_UNITS)

    const { tokenIds } = await tokenizer.tokenize(text, UNCANCELLED)

    expect([...tokenIds]).toEqual(tiktoken.idsOf(text))
  })

  it('has ranges up to its end', async () => {
    const text = ofLength(COMPARED_UNITS)

    const { ends } = await tokenizer.tokenize(text, UNCANCELLED)

    expect(ends.at(-1)).toBe(text.length)
  })

  it('is tokenized in linear time', async () => {
    const text = ofLength(MEASURED_UNITS)
    const started = performance.now()

    await tokenizer.tokenize(text, UNCANCELLED)

    expect(performance.now() - started).toBeLessThan(MAX_MS)
  })
})
