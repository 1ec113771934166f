import { describe, expect, it } from 'vitest'
import { CommandArgumentError, readArgument } from '../../../../src/editor/registration/commandArguments'

const FORMATS = ['json', 'csv'] as const

describe('the argument of a command', () => {
  it('is the value that a key binding names', () => {
    expect(readArgument({ format: 'csv' }, 'format', FORMATS)).toBe('csv')
  })

  it.each([undefined, null, 'csv', 1, [], {}, { other: 'csv' }, { format: undefined }])(
    'is missing in %j',
    (args) => {
      expect(readArgument(args, 'format', FORMATS)).toBeUndefined()
    },
  )

  it('is missing if only the prototype has it', () => {
    expect(readArgument(Object.create({ format: 'csv' }), 'format', FORMATS)).toBeUndefined()
  })

  it.each(['xml', 'CSV', '', 1, null, ['csv'], { toString: () => 'csv' }])(
    'is refused if it is %j',
    (format) => {
      expect(() => readArgument({ format }, 'format', FORMATS)).toThrow(
        new CommandArgumentError('The argument format must be "json" or "csv".'),
      )
    },
  )
})
