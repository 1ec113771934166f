import { describe, expect, it } from 'vitest'
import { plainMessage } from '../../../../src/shared/text/plainMessage'

describe('plainMessage', () => {
  it('keeps plain text', () => {
    expect(plainMessage('120 of 548 MB are kept (HTTP 503) [so far]')).toBe(
      '120 of 548 MB are kept (HTTP 503) [so far]',
    )
  })

  it('breaks links', () => {
    expect(plainMessage('a [click me](command:evil "title") b')).not.toMatch(/\[[^\]]+\]\(/)
  })

  it('breaks icons', () => {
    expect(plainMessage('a $(trash~spin) b')).toBe('a $ (trash~spin) b')
  })

  it('joins lines and removes control and bidirectional characters', () => {
    expect(plainMessage('a\r\n\u202eb\u0000\u2028c')).toBe('a b c')
  })

  it('truncates long texts', () => {
    expect(plainMessage('x'.repeat(1000)).length).toBeLessThan(500)
  })
})
