import { describe, expect, it } from 'vitest'
import { plainMessage } from '../../../../src/shared/text/plainMessage'

describe('plainMessage', () => {
  it('leaves plain words as they are', () => {
    expect(plainMessage('120 of 548 MB are kept (HTTP 503) [so far]')).toBe(
      '120 of 548 MB are kept (HTTP 503) [so far]',
    )
  })

  it('lets nothing be a link', () => {
    expect(plainMessage('a [click me](command:evil "title") b')).not.toMatch(/\[[^\]]+\]\(/)
  })

  it('makes one line of several, without controls and marks that turn the direction of a text', () => {
    expect(plainMessage('a\r\n\u202eb\u0000\u2028c')).toBe('a b c')
  })

  it('cuts what nobody reads to its end', () => {
    expect(plainMessage('x'.repeat(1000)).length).toBeLessThan(500)
  })
})
