import { describe, expect, it } from 'vitest'
import { fit, textWidth } from '../../../../src/shared/text/textWidth'

describe('textWidth', () => {
  it.each([
    ['abc', 3],
    ['日本', 4],
    ['👋', 2],
    ['e\u0301', 1],
    ['·↵→…', 4],
  ])('of %j is %i', (text, width) => {
    expect(textWidth(text)).toBe(width)
  })
})

describe('fit', () => {
  it('pads on the right or on the left', () => {
    expect(fit('ab', 4)).toBe('ab  ')
    expect(fit('ab', 4, 'right')).toBe('  ab')
  })

  it('truncates a text that is too long', () => {
    expect(fit('abcdef', 4)).toBe('abc…')
  })

  it('does not split a wide character', () => {
    expect(fit('日本語', 4)).toBe('日… ')
  })
})
