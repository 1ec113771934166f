import { describe, expect, it } from 'vitest'
import { oneLine } from '../../../../src/cli/base/output'

describe('oneLine', () => {
  it('escapes characters that could control a terminal', () => {
    expect(oneLine('tensor \u001b]0;owned\u0007\u202ex')).toBe('tensor \\u{1b}]0;owned\\u{7}\\u{202e}x')
  })

  it('joins several lines', () => {
    expect(oneLine('first\r\n  second')).toBe('first second')
  })
})
