import { describe, expect, it } from 'vitest'
import type { Precision } from '../../../../src/files/representation/representation'
import { compareRow, isSameRow } from '../../../../src/files/representation/rowComparison'
import {
  centred,
  logitsRow,
  logSoftmax,
  random,
  softmax,
  toBfloat16,
  toFloat16,
  V,
} from '../../../support/files/savedLogits'

const REFERENCE = logitsRow(1)
const FLOAT32: Precision = { kind: 'logits', centred: false, rounding: 'float32' }

const compare = (values: Float32Array, precision: Partial<Precision> = {}, nextToken: number | null = null) =>
  compareRow({ values, reference: REFERENCE, precision: { ...FLOAT32, ...precision }, nextToken })

describe('A row is the reference’s', () => {
  it.each<[string, Float32Array, Partial<Precision>]>([
    ['if it is equal', REFERENCE, {}],
    ['if it differs by the order of float32 additions', withNoise(REFERENCE, 2e-5), {}],
    ['as log-probabilities', logSoftmax(REFERENCE), { kind: 'log-probabilities' }],
    ['as probabilities', softmax(REFERENCE), { kind: 'probabilities' }],
    ['if a constant was subtracted', centred(REFERENCE), { centred: true }],
    ['in float16', toFloat16(REFERENCE), { rounding: 'float16' }],
    ['in bfloat16', toBfloat16(REFERENCE), { rounding: 'bfloat16' }],
    [
      'as log-probabilities of float16 logits',
      logSoftmax(toFloat16(REFERENCE)),
      { kind: 'log-probabilities', rounding: 'float16' },
    ],
    [
      'as probabilities of bfloat16 logits',
      softmax(toBfloat16(REFERENCE)),
      { kind: 'probabilities', rounding: 'bfloat16' },
    ],
    [
      'as probabilities in float16, most of which are 0',
      toFloat16(softmax(REFERENCE)),
      { kind: 'probabilities', rounding: 'float16' },
    ],
    [
      'as probabilities in float32 that are 0 below the least normal number',
      flushed(softmax(steep(REFERENCE))),
      { kind: 'probabilities' },
    ],
  ])('%s', (_, values, precision) => {
    const reference =
      precision.kind === 'probabilities' && values.some((p) => p === 0) && precision.rounding === undefined
        ? steep(REFERENCE)
        : REFERENCE

    const comparison = compareRow({
      values,
      reference,
      precision: { ...FLOAT32, ...precision },
      nextToken: null,
    })

    expect(isSameRow(comparison)).toBe(true)
    expect(comparison.sameTop).toBe(true)
  })
})

describe('A row is not the reference’s', () => {
  it.each<[string, Float32Array, Partial<Precision>]>([
    ['if one logit differs by 0.001', changed(REFERENCE, 100, 0.001), {}],
    [
      'if one logit differs by two steps of float16',
      changed(toFloat16(REFERENCE), 100, 1 / 16),
      { rounding: 'float16' },
    ],
    [
      'if one logit differs by two steps of bfloat16',
      changed(toBfloat16(REFERENCE), 100, 0.5),
      { rounding: 'bfloat16' },
    ],
    ['if all differ as with another epsilon of LayerNorm', withNoise(REFERENCE, 4e-3), {}],
    [
      'if a likely token has probability 0',
      softmax(REFERENCE).with(topOf(REFERENCE), 0),
      { kind: 'probabilities', rounding: 'float16' },
    ],
    ['if it is another row', logitsRow(2), {}],
    ['if it is another row in bfloat16', toBfloat16(logitsRow(2)), { rounding: 'bfloat16' }],
  ])('%s', (_, values, precision) => {
    expect(isSameRow(compare(values, precision))).toBe(false)
  })
})

describe('The figures of a row', () => {
  const other = withNoise(REFERENCE, 0.5)
  const [p, q] = [logSoftmax(REFERENCE), logSoftmax(other)]

  it('are KL(reference ‖ file), the largest difference and their root mean square', () => {
    const { kl, maxAbsDelta, rms } = compare(other)

    const deltas = p.map((value, v) => value - at(q, v))
    expect(kl).toBeCloseTo(sum(p.map((value, v) => Math.exp(value) * at(deltas, v))), 4)
    expect(maxAbsDelta).toBeCloseTo(
      deltas.reduce((max, delta) => Math.max(max, Math.abs(delta)), 0),
      4,
    )
    expect(rms).toBeCloseTo(Math.sqrt(sum(deltas.map((delta) => delta * delta)) / V), 4)
  })

  it('have the log-probabilities of the token that follows', () => {
    const { logProb, baselineLogProb } = compare(other, {}, 123)

    expect(logProb).toBeCloseTo(at(q, 123), 4)
    expect(baselineLogProb).toBeCloseTo(at(p, 123), 4)
  })

  it('say that another token is the most likely', () => {
    expect(compare(changed(REFERENCE, 100, 40)).sameTop).toBe(false)
  })

  it('count the reference’s token as the most likely among equal ones', () => {
    const top = topOf(REFERENCE)
    const values = REFERENCE.with(top - 1, at(REFERENCE, top))

    expect(compare(values).sameTop).toBe(true)
  })

  it.each([NaN, Infinity])('are infinite for a row with %d', (value) => {
    const { kl, maxAbsDelta, maxExcess, rms, sameTop } = compare(REFERENCE.with(5, value))

    expect({ kl, maxAbsDelta, maxExcess, rms, sameTop }).toEqual({
      kl: Infinity,
      maxAbsDelta: Infinity,
      maxExcess: Infinity,
      rms: Infinity,
      sameTop: false,
    })
  })

  it('are infinite where a token was filtered out', () => {
    expect(compare(REFERENCE.with(5, -Infinity)).maxAbsDelta).toBe(Infinity)
  })

  it('have the tolerance of the type: half a step at the largest logits, for the logit and the normalizer', () => {
    expect(compare(REFERENCE).tolerance).toBeLessThan(6e-4)
    expect(compare(toFloat16(REFERENCE), { rounding: 'float16' }).tolerance).toBeCloseTo(1 / 64 + 1 / 32, 1)
    expect(compare(toBfloat16(REFERENCE), { rounding: 'bfloat16' }).tolerance).toBeCloseTo(1 / 8 + 1 / 4, 1)
  })
})

function at(row: Float32Array, v: number): number {
  return row[v] ?? NaN
}

function sum(values: Float32Array): number {
  return values.reduce((total, value) => total + value, 0)
}

function topOf(row: Float32Array): number {
  return row.reduce((top, value, v) => (value > at(row, top) ? v : top), 0)
}

function changed(row: Float32Array, v: number, by: number): Float32Array {
  return row.with(v, at(row, v) + by)
}

function withNoise(row: Float32Array, size: number): Float32Array {
  const next = random(9)
  return row.map((value) => value + size * (2 * next() - 1))
}

/** A distribution whose least likely tokens have probabilities below 1e-38. */
function steep(row: Float32Array): Float32Array {
  return row.map((value) => value * 20)
}

function flushed(row: Float32Array): Float32Array {
  return row.map((value) => (value < 2 ** -126 ? 0 : value))
}
