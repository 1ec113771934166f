import { describe, expect, it, vi } from 'vitest'
import { AppendedList } from '../../../src/shared/appendedList'

const SHORT = AppendedList.of([1, 2], [3])

describe('AppendedList', () => {
  it('has the items of the list, then the new ones', () => {
    expect([...AppendedList.of([1, 2], [3, 4])]).toEqual([1, 2, 3, 4])
  })

  it('stays as it is when it is continued', () => {
    const list = AppendedList.of(['a'], ['b'])

    AppendedList.of(list, ['c'])

    expect([list.length, [...list], list.slice(), list.at(-1), list.at(2)]).toEqual([
      2,
      ['a', 'b'],
      ['a', 'b'],
      'b',
      undefined,
    ])
  })

  it('can be continued in two ways', () => {
    const list = AppendedList.of(['a'], [])

    const continued = ['b', 'c'].map((item) => [...AppendedList.of(list, [item])])

    expect(continued).toEqual([
      ['a', 'b'],
      ['a', 'c'],
    ])
  })

  it('is not read when it is continued', () => {
    const read = vi.spyOn(AppendedList.prototype, Symbol.iterator)

    AppendedList.of(SHORT, [4])

    expect(read).not.toHaveBeenCalled()
    read.mockRestore()
  })

  it.each([0, 2, 3, -1, -3, -4])('has the same item at %d as an array', (index) => {
    expect(SHORT.at(index)).toBe([1, 2, 3].at(index))
  })

  it('has the same parts as an array', () => {
    expect([SHORT.slice(1), SHORT.slice(-1), SHORT.slice(0, 2)]).toEqual([[2, 3], [3], [1, 2]])
  })

  it('is an array in JSON', () => {
    expect(JSON.stringify(SHORT)).toBe('[1,2,3]')
  })
})
