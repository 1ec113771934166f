import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  parseHeaderDictionary,
  PythonLiteralError,
  STRUCTURED,
} from '../../../../src/files/arrays/pythonLiteral'

describe('parseHeaderDictionary', () => {
  it.each<[string, string, Record<string, unknown>]>([
    [
      'NumPy’s header',
      `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 5), }   \n`,
      { descr: '<f4', fortran_order: false, shape: [3, 5] },
    ],
    [
      'another order of keys, double quotes and no spaces',
      `{"shape":(7,),"fortran_order":True,"descr":">f8"}`,
      { descr: '>f8', fortran_order: true, shape: [7] },
    ],
    ['a scalar’s shape', `{'shape': ()}`, { shape: [] }],
    ['integers of Python 2', `{'shape': (3L, 50257L)}`, { shape: [3, 50257] }],
    ['a structured type', `{'descr': [('a', '<f4'), ('b', '<f4', (2,))]}`, { descr: STRUCTURED }],
    ['nothing', '{}', {}],
  ])('parses %s', (_, text, expected) => {
    expect(Object.fromEntries(parseHeaderDictionary(text))).toEqual(expected)
  })

  it.each([
    '',
    '{',
    '{}}',
    '{} {}',
    `{'a'}`,
    `{'a': }`,
    `{'a': 1}`,
    `{'a': None}`,
    `{'a': 'x' 'b': 'y'}`,
    `{'a': 'x', 'a': 'y'}`,
    `{'a': (1, -2)}`,
    `{'a': (1, 'x')}`,
    `{'a': (1`,
    `{'a': [(1, 2)}`,
    `{'a': 'x\\'}`,
    `{'a': "x'}`,
    `{'a': __import__('os')}`,
    `{1: 'x'}`,
  ])('rejects %s', (text) => {
    expect(() => parseHeaderDictionary(text)).toThrow(PythonLiteralError)
  })

  it('either parses or rejects any text', () => {
    const piece = fc.constantFrom(
      `{`,
      `}`,
      `(`,
      `)`,
      `[`,
      `]`,
      `,`,
      `:`,
      `'a'`,
      `"b"`,
      `'`,
      `True`,
      `12`,
      `3L`,
      ` `,
      `é`,
    )

    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        try {
          parseHeaderDictionary(pieces.join(''))
        } catch (error) {
          expect(error).toBeInstanceOf(PythonLiteralError)
        }
      }),
    )
  })

  it('takes time proportional to the text for deep lists', () => {
    expect(() => parseHeaderDictionary(`{'descr': ${'['.repeat(10_000)}`)).toThrow(/ends inside/)
  })
})
