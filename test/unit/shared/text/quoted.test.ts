import { describe, expect, it } from 'vitest'
import { quoted, quotedValue } from '../../../../src/shared/text/quoted'

describe('A quotation from a file', () => {
  it('is the whole text if it is short', () => {
    expect(quoted('h.0.attn.c_attn.weight')).toBe('h.0.attn.c_attn.weight')
  })

  it('is cut to 60 characters', () => {
    expect(quoted('x'.repeat(1000))).toBe(`${'x'.repeat(60)}…`)
  })

  it('is not cut inside a character', () => {
    expect(quoted(`${'x'.repeat(59)}😀`)).toBe(`${'x'.repeat(59)}…`)
  })

  it.each<[unknown, string]>([
    ['gelu', '"gelu"'],
    [12.5, '12.5'],
    [null, 'null'],
    [undefined, 'undefined'],
    [[1, 2], 'a list'],
    [{ a: 1 }, 'an object'],
    ['y'.repeat(1000), `"${'y'.repeat(59)}…`],
  ])('of the value %j is %s', (value, expected) => {
    expect(quotedValue(value)).toBe(expected)
  })

  it('of nested lists does not follow them', () => {
    const deep: unknown = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000))
    expect(quotedValue(deep)).toBe('a list')
  })
})
