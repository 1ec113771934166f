import { describe, expect, it } from 'vitest'
import * as errors from '../../../src/shared/errors'
import { fromErrorRecord, LogitscopeError, reasonOf, toErrorRecord } from '../../../src/shared/errors'

type ErrorClass = new (message: string, options?: ErrorOptions) => LogitscopeError

const classes = Object.entries(errors as Record<string, unknown>).filter(
  (entry): entry is [string, ErrorClass] =>
    typeof entry[1] === 'function' && entry[1].prototype instanceof LogitscopeError,
)

describe('An error sent between threads', () => {
  it('can be of any class of errors.ts', () => {
    expect(classes.map(([name]) => name)).toContain('NonFiniteLogitsError')
  })

  it.each(classes)('is restored as a %s', (name, Class) => {
    const original = new Class('what is wrong')
    const arrived = fromErrorRecord(structuredClone(toErrorRecord(original)))
    expect(arrived).toBeInstanceOf(Class)
    expect(arrived).toMatchObject({ name, message: original.message })
  })

  it('has the stack and its cause’s stack for the log', () => {
    const original = new errors.InferenceError('could not be loaded', { cause: new RangeError('bad_alloc') })
    const arrived = fromErrorRecord(structuredClone(toErrorRecord(original)))
    expect(arrived.cause).toMatchObject({
      message: expect.stringMatching(
        /could not be loaded[^]*errors\.test[^]*caused by RangeError: bad_alloc/,
      ) as string,
    })
  })

  it('has the remedies of a failed question of the page', () => {
    const original = new errors.PanelCallError('not enough memory', { remedies: ['useInt8', 'selectModel'] })
    const arrived = fromErrorRecord(structuredClone(toErrorRecord(original)))
    expect(arrived).toMatchObject({ remedies: ['useInt8', 'selectModel'] })
  })

  it('is a plain error if its class is not in errors.ts', () => {
    const arrived = fromErrorRecord(structuredClone(toErrorRecord(new TypeError('x is not a function'))))
    expect(arrived.constructor).toBe(Error)
    expect(arrived.message).toBe('x is not a function')
  })
})

describe('The reason of an error', () => {
  const inner = new errors.OutOfMemoryError('needs more memory', {
    cause: new RangeError('too long\nsecond line'),
  })
  const outer = new errors.InferenceError('could not be loaded', { cause: inner })

  it('is the first line of its innermost cause', () => {
    expect(reasonOf(outer)).toBe('RangeError: too long')
  })

  it('is the same after it was sent between threads', () => {
    expect(reasonOf(fromErrorRecord(structuredClone(toErrorRecord(outer))))).toBe('RangeError: too long')
  })

  it('is its own message if it has no cause', () => {
    expect(reasonOf(new Error('code 134'))).toBe('code 134')
  })
})
