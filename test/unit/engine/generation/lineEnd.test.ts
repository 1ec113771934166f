import { describe, expect, it } from 'vitest'
import { lineEnd } from '../../../../src/engine/generation/lineEnd'

describe('lineEnd', () => {
  it.each<[string, number, number | undefined]>([
    ['no newline', 1, undefined],
    ['', 1, undefined],
    ['one\ntwo', 1, 3],
    ['one\ntwo\n', 2, 7],
    ['one\ntwo', 2, undefined],
    ['one\n\ntwo', 2, 4],
    ['\n  one\n', 1, 6],
    ['\n\t \r\n', 1, undefined],
    ['\n日本\n', 1, 7],
  ])('of %j with at most %d lines is %j', (text, maxLines, expected) => {
    expect(lineEnd(Buffer.from(text), maxLines)).toBe(expected)
  })
})
