import { describe, expect, it } from 'vitest'
import { lensOptionsOf } from '../../../src/cli/commands/lens'
import { spanOf } from '../../../src/cli/commands/positions'
import { usageErrorOf } from '../../support/cli/usageErrorOf'

describe('The options of logitscope lens', () => {
  it('are all rows, 10 tokens at each layer and text by default', () => {
    expect(lensOptionsOf(['main.py'])).toMatchObject({
      input: { kind: 'file', path: 'main.py' },
      at: { first: 0, last: 'next' },
      topK: 10,
      format: 'text',
    })
  })

  it.each([
    ['--json', 'json', 10],
    ['--format=json', 'json', 10],
    ['--json --format=json', 'json', 10],
    ['--format=json --top-k=3', 'json', 3],
  ])('%s means %s with %d tokens', (args, format, topK) => {
    expect(lensOptionsOf(['a', ...args.split(' ')])).toMatchObject({ format, topK })
  })

  it.each([
    ['5', { first: 5, last: 5 }],
    ['next', { first: 'next', last: 'next' }],
    ['2..5', { first: 2, last: 5 }],
    ['2..next', { first: 2, last: 'next' }],
    ['2..', { first: 2, last: 'next' }],
    ['..5', { first: 0, last: 5 }],
  ])('--at %s is a range of positions', (at, range) => {
    expect(lensOptionsOf(['a', '--at', at]).at).toEqual(range)
  })

  it.each([
    ['an unknown format', '--format=html'],
    ['a format that was removed', '--format=logitlenskit'],
    ['two formats', '--json --format=text'],
    ['an empty --at', '--at='],
    ['a word in --at', '--at=first'],
    ['three ends in --at', '--at=1..2..3'],
    ['ends of --at in the wrong order', '--at=2..1'],
    ['next as the first of two ends', '--at=next..5'],
    ['a fraction in --at', '--at=1.5'],
    ['a top-k of 0', '--top-k=0'],
    ['a temperature, which the lens has not', '--temperature=1'],
  ])('reject %s with a message of one line', (_, args) => {
    expect(usageErrorOf(() => lensOptionsOf(['a', ...args.split(' ')]))).not.toContain('\n')
  })
})

describe('A range of positions', () => {
  it.each([
    [0, 'next', { from: 0, end: 4 }],
    [1, 2, { from: 1, end: 3 }],
    [2, 2, { from: 2, end: 3 }],
    ['next', 'next', { from: 3, end: 4 }],
  ] as const)('from %s to %s of 3 tokens is %j', (first, last, span) => {
    expect(spanOf({ first, last }, 3)).toEqual(span)
  })

  it.each([
    [3, 3, 'Position 3 does not exist: the text has 3 tokens, so the positions are 0 to 2 and next.'],
    [1, 7, 'Position 1..7 does not exist: the text has 3 tokens, so the positions are 0 to 2 and next.'],
  ])('from %d to %d is not in a text of 3 tokens', (first, last, message) => {
    expect(() => spanOf({ first, last }, 3)).toThrow(message)
  })

  it('is only next in an empty text', () => {
    expect(spanOf({ first: 0, last: 'next' }, 0)).toEqual({ from: 0, end: 1 })
    expect(() => spanOf({ first: 0, last: 0 }, 0)).toThrow(
      'the text has 0 tokens, so only next is a position.',
    )
  })
})
