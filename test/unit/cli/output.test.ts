import { describe, expect, it } from 'vitest'
import { oneLine } from '../../../src/cli/output'

describe('oneLine', () => {
  it('leaves no character that could steer a terminal', () => {
    expect(oneLine('tensor \u001b]0;owned\u0007\u202ex')).toBe('tensor \\u{1b}]0;owned\\u{7}\\u{202e}x')
  })

  it('makes one line of several', () => {
    expect(oneLine('first\r\n  second')).toBe('first second')
  })
})
