import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { correspondingRange } from '../../../../../../src/features/inspect/commands/compare/correspondingRange'

describe('correspondingRange', () => {
  it('keeps a range before the first difference', () => {
    expect(inOther('a b c d', 'a b X d', 'a b')).toBe('a b')
  })

  it('moves a range after the last difference', () => {
    expect(inOther('a b c d', 'a longer c d', 'c d')).toBe('c d')
  })

  it('has all that the other version has in place of an edit inside the range', () => {
    expect(inOther('one two three', 'one twenty-two three', 'one two three')).toBe('one twenty-two three')
  })

  it('has all differences if the range ends among them', () => {
    expect(inOther('one AAA three', 'one BB three', 'one A')).toBe('one BB')
  })

  it('has text that was removed inside the range', () => {
    expect(inOther('one three', 'one two three', 'one three')).toBe('one two three')
  })

  it('leaves out text that was removed right after the range', () => {
    expect(correspondingRange('one', 'one two', { start: 0, end: 2 })).toEqual({ start: 0, end: 2 })
    expect(inOther('one three', 'one two three', 'one ')).toBe('one ')
  })

  it('has text that was removed from the end of the document', () => {
    expect(inOther('one', 'one two', 'one')).toBe('one two')
  })

  it('is empty if all of the range was added', () => {
    expect(inOther('one AB three', 'one three', 'AB ')).toBe('')
  })

  it('cuts no surrogate pair', () => {
    // Both pairs begin with the same half.
    expect(inOther('a👋b', 'a👌b', '👋')).toBe('👌')
  })

  it('is inside the other version, and the same range in the same version', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.nat(), fc.nat(), (text, other, a, b) => {
        const [start, end] = [a % (text.length + 1), b % (text.length + 1)].sort((x, y) => x - y) as [
          number,
          number,
        ]
        const found = correspondingRange(text, other, { start, end })
        expect(found.start).toBeGreaterThanOrEqual(0)
        expect(found.end).toBeGreaterThanOrEqual(found.start)
        expect(found.end).toBeLessThanOrEqual(other.length)
        expect(correspondingRange(text, text, { start, end })).toEqual({ start, end })
      }),
    )
  })

  /** The part of `other` that corresponds to the first occurrence of `part` in `text`. */
  function inOther(text: string, other: string, part: string): string {
    const start = text.indexOf(part)
    const range = correspondingRange(text, other, { start, end: start + part.length })
    return other.slice(range.start, range.end)
  }
})
