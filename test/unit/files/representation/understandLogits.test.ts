import { describe, expect, it } from 'vitest'
import type { ReferenceInput, Representation } from '../../../../src/files/representation/representation'
import { ArrayFileError } from '../../../../src/files/source/errors'
import { understandLogits } from '../../../../src/files/representation/understandLogits'
import {
  centred,
  logitsRow,
  logSoftmax,
  referenceInput,
  savedRows,
  softmax,
  toBfloat16,
  toFloat16,
  V,
} from '../../../support/files/savedLogits'

const ROWS = [1, 2, 3, 4].map(logitsRow)
const INPUT = referenceInput(4)
const BEFORE_START = referenceInput(5, { seed: 100, startToken: true })

const understood = async (rows: readonly Float32Array[], inputs: readonly ReferenceInput[] = [INPUT]) =>
  understandLogits(await savedRows(rows), inputs)

const PLAIN: Representation = {
  kind: 'logits',
  centred: false,
  startToken: false,
  firstRow: 0,
  transposed: false,
  rounding: 'float32',
}

describe('The representation of a correct file', () => {
  it.each<[string, (row: Float32Array) => Float32Array, Partial<Representation>]>([
    ['logits', (row) => row, {}],
    ['log-probabilities', logSoftmax, { kind: 'log-probabilities' }],
    ['probabilities', softmax, { kind: 'probabilities' }],
    ['centred logits', centred, { centred: true }],
    ['logits minus their maximum', (row) => row.map((value) => value + 45), { centred: true }],
    ['logits in float16', toFloat16, { rounding: 'float16' }],
    ['logits in bfloat16', toBfloat16, { rounding: 'bfloat16' }],
    [
      'log-probabilities in float16',
      (row) => toFloat16(logSoftmax(row)),
      { kind: 'log-probabilities', rounding: 'float16' },
    ],
    [
      'log-probabilities in bfloat16',
      (row) => toBfloat16(logSoftmax(row)),
      { kind: 'log-probabilities', rounding: 'bfloat16' },
    ],
    [
      'probabilities in float16',
      (row) => toFloat16(softmax(row)),
      { kind: 'probabilities', rounding: 'float16' },
    ],
    [
      'log-probabilities of float16 logits',
      (row) => logSoftmax(toFloat16(row)),
      { kind: 'log-probabilities', rounding: 'float16' },
    ],
    [
      'log-probabilities of bfloat16 logits',
      (row) => logSoftmax(toBfloat16(row)),
      { kind: 'log-probabilities', rounding: 'bfloat16' },
    ],
    [
      'probabilities of bfloat16 logits',
      (row) => softmax(toBfloat16(row)),
      { kind: 'probabilities', rounding: 'bfloat16' },
    ],
    ['centred float16 logits', (row) => centred(toFloat16(row)), { centred: true, rounding: 'float16' }],
    ['logits with padding of zeros', padded, {}],
    ['log-probabilities over padding too', (row) => logSoftmax(padded(row)), { kind: 'log-probabilities' }],
  ])('is found: %s', async (_, convert, expected) => {
    const { representation, isAnchored } = await understood(ROWS.map(convert))

    expect({ ...representation, isAnchored }).toEqual({ ...PLAIN, ...expected, isAnchored: true })
  })
})

describe('The rows of the input', () => {
  it('are those after the start token if the file’s are', async () => {
    const rows = [100, 101, 102, 103, 104].map(logitsRow)

    const { representation, input } = await understood(rows, [INPUT, BEFORE_START])

    expect({ ...representation, input }).toEqual({ ...PLAIN, startToken: true, input: BEFORE_START })
  })

  it('are found if the row of the start token was dropped', async () => {
    const rows = [101, 102, 103, 104].map(logitsRow)

    const { representation } = await understood(rows, [INPUT, BEFORE_START])

    expect(representation).toEqual({ ...PLAIN, startToken: true, firstRow: 1 })
  })

  it('begin later if the file lacks the first row', async () => {
    const { representation } = await understood(ROWS.slice(1))

    expect(representation).toEqual({ ...PLAIN, firstRow: 1 })
  })

  it('are the last one for a single row', async () => {
    const { representation } = await understood(ROWS.slice(3))

    expect(representation).toEqual({ ...PLAIN, firstRow: 3 })
  })

  it.each([1, 3])('are refused if the file has %i more than the input', async (more) => {
    const extra = Array.from({ length: more }, (_, i) => logitsRow(50 + i))

    const refused = understood([...ROWS, ...extra])

    await expect(refused).rejects.toThrow(
      `logits.npy has ${4 + more} rows, and the text has 4 tokens. Save one row for each token, or choose the text of the file.`,
    )
    await expect(refused).rejects.toBeInstanceOf(ArrayFileError)
  })

  it('are refused if they are of a shorter input than that with the start token', async () => {
    const rows = [...ROWS, logitsRow(50)]

    await expect(understood(rows, [INPUT, BEFORE_START])).rejects.toThrow(
      'has 5 rows, and the text has 4 tokens',
    )
  })

  it('may be fewer than the input has tokens, which a remark says', async () => {
    const { remarks } = await understood(ROWS.slice(0, 2))

    expect(remarks).toEqual(['The input has 2 tokens after the file’s last row.'])
  })

  it('are found by a later row if the first one is wrong', async () => {
    const rows = [logitsRow(70), logitsRow(71), logitsRow(72), logitsRow(104)]

    const { representation, isAnchored } = await understood(rows, [INPUT, BEFORE_START])

    expect({ ...representation, isAnchored }).toEqual({
      ...PLAIN,
      startToken: true,
      firstRow: 1,
      isAnchored: true,
    })
  })

  it('are the expected ones if no row is the reference’s', async () => {
    const rows = [60, 61, 62, 63].map(logitsRow)

    const { representation, isAnchored } = await understood(rows, [INPUT, BEFORE_START])

    expect({ ...representation, isAnchored }).toEqual({ ...PLAIN, isAnchored: false })
  })

  it('are the expected ones if others are only a little nearer', async () => {
    const mixed = (i: number) => {
      const other = logitsRow(101 + i)
      return logitsRow(1 + i).map((value, v) => 0.45 * value + 0.55 * (other[v] ?? NaN))
    }

    const { representation } = await understood([0, 1, 2, 3].map(mixed), [INPUT, BEFORE_START])

    expect(representation).toEqual(PLAIN)
  })

  it('are others than expected if those are twice as near', async () => {
    const rows = [101, 102, 103, 104].map((seed) => logitsRow(seed).map((value, v) => value + (v % 2)))

    const { representation, isAnchored } = await understood(rows, [INPUT, BEFORE_START])

    expect({ ...representation, isAnchored }).toEqual({
      ...PLAIN,
      startToken: true,
      firstRow: 1,
      isAnchored: false,
    })
  })
})

describe('The remarks', () => {
  it('are empty for raw logits of the expected rows', async () => {
    expect((await understood(ROWS)).remarks).toEqual([])
  })

  it('explain everything that was undone', async () => {
    const rows = [101, 102, 103, 104].map((seed) => logSoftmax(padded(toFloat16(logitsRow(seed)))))

    const { remarks } = await understood(rows, [
      INPUT,
      { ...BEFORE_START, remark: 'The text has no space before it.' },
    ])

    expect(remarks).toEqual([
      'The file has log-probabilities instead of logits. They are compared as they are. The softmax was taken over the padding too; the tokens’ part was normalized again.',
      'Each row has 50,304 columns: GPT-2’s 50,257 tokens and padding, which was left out.',
      'The numbers are rounded to float16, so small mistakes may not be visible. Save in float32 to see them.',
      'The rows are of the text after the start token <|endoftext|>, and are compared with those.',
      'The text has no space before it.',
      'The file’s first row is row 1 of the input, counted from 0.',
    ])
  })
})

describe('Log-probabilities of a row', () => {
  it('are the same for every representation', async () => {
    const expected = logSoftmax(logitsRow(2))

    for (const convert of [logSoftmax, centred, (row: Float32Array) => logSoftmax(padded(row))]) {
      const logits = await understood(ROWS.map(convert))
      expect(largestDifference(await logits.logProbs(1), expected)).toBeLessThan(2e-5)
    }
  })

  it('are NaN in a row with NaN', async () => {
    const logits = await understood([...ROWS.slice(0, 3), logitsRow(4).with(7, NaN)])

    expect((await logits.logProbs(3)).every(Number.isNaN)).toBe(true)
  })
})

/** 50,304 columns, the last of which are 0, as the rows of `wte` that no token has. */
function padded(row: Float32Array): Float32Array {
  const wide = new Float32Array(50304)
  wide.set(row)
  return wide
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  let largest = 0
  for (let v = 0; v < V; v++) largest = Math.max(largest, Math.abs((a[v] ?? NaN) - (b[v] ?? NaN)))
  return largest
}
