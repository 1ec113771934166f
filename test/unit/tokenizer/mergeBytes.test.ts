import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { START_TOKEN_ID } from '../../../src/shared/contracts/engine/prediction'
import { encodeLongPreToken, type WindowSize } from '../../../src/tokenizer/longPreToken'
import { mergeBytes } from '../../../src/tokenizer/mergeBytes'
import { PairTable } from '../../../src/tokenizer/pairTable'
import { TimeSlice } from '../../../src/tokenizer/timeSlice'
import { loadTokenizer, UNCANCELLED } from '../../support/texts/loadTokenizer'
import { preTokens } from '../../support/texts/preTokens'
import { vocabulary } from '../../support/texts/samples'
import { wholeTiktoken } from '../../support/texts/wholeTiktoken'

const slice = new TimeSlice(UNCANCELLED)
let pairs: PairTable
let tiktoken: ReturnType<typeof wholeTiktoken>
beforeAll(async () => {
  await loadTokenizer()
  tiktoken = wholeTiktoken()
  pairs = await PairTable.build(vocabulary, slice)
})

describe('mergeBytes', () => {
  it('gives the tokens of tiktoken for any pre-token', () => {
    fc.assert(
      fc.property(preTokens, (preToken) => {
        expect([...mergeBytes(utf8(preToken), pairs)]).toEqual(tiktoken.idsOf(preToken))
      }),
      { numRuns: 3000 },
    )
  })

  it('gives every ordinary token for its own bytes', () => {
    const others = Array.from({ length: START_TOKEN_ID }, (_, id) => id).filter(
      (id) => mergeBytes(vocabulary.bytesOf(id), pairs).toString() !== `${id}`,
    )

    expect(others).toEqual([])
  })

  it('gives no token for no bytes', () => {
    expect(mergeBytes(new Uint8Array(), pairs)).toHaveLength(0)
  })
})

describe('encodeLongPreToken', () => {
  it.each<WindowSize>([
    { bytes: 256, overlap: 8 },
    { bytes: 16, overlap: 2 },
    // Windows this small often have no token in common.
    { bytes: 4, overlap: 1 },
    { bytes: 1, overlap: 3 },
  ])(
    'gives the tokens of tiktoken in windows of $bytes bytes that overlap by $overlap',
    async (windowSize) => {
      await fc.assert(
        fc.asyncProperty(preTokens, async (preToken) => {
          const parts = await encodeLongPreToken(utf8(preToken), { vocabulary, pairs, slice, windowSize })

          expect(parts.flatMap((part) => [...part])).toEqual(tiktoken.idsOf(preToken))
        }),
        { numRuns: 1000 },
      )
    },
  )
})

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
