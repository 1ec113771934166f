import { describe, expect, it } from 'vitest'
import { RememberedDocuments } from '../../../../src/features/heatmap/rememberedDocuments'

describe('RememberedDocuments', () => {
  it('has the documents that were stored', () => {
    const memory = fakeMemory(['file:///a'])

    expect(new RememberedDocuments(memory).has('file:///a')).toBe(true)
  })

  it('stores the documents in the order in which they were turned on', () => {
    const memory = fakeMemory(['file:///a', 'file:///b'])

    new RememberedDocuments(memory).add('file:///a')

    expect(memory.stored()).toEqual(['file:///b', 'file:///a'])
  })

  it('stores only the last hundred', () => {
    const memory = fakeMemory(Array.from({ length: 100 }, (_, i) => `file:///${i}`))

    new RememberedDocuments(memory).add('file:///new')

    expect(memory.stored()).toEqual([
      ...Array.from({ length: 99 }, (_, i) => `file:///${i + 1}`),
      'file:///new',
    ])
  })

  it('forgets a document that was turned off', () => {
    const memory = fakeMemory(['file:///a', 'file:///b'])

    new RememberedDocuments(memory).remove('file:///a')

    expect(memory.stored()).toEqual(['file:///b'])
  })

  it('renames the documents of a renamed folder and keeps the order', () => {
    const memory = fakeMemory(['file:///d/a', 'file:///b', 'file:///d/c'])

    const isAffected = new RememberedDocuments(memory).follow({ from: 'file:///d', to: 'file:///e' })

    expect([isAffected, memory.stored()]).toEqual([true, ['file:///e/a', 'file:///b', 'file:///e/c']])
  })

  it('forgets a deleted document', () => {
    const memory = fakeMemory(['file:///a', 'file:///b'])

    const isAffected = new RememberedDocuments(memory).follow({ from: 'file:///a', to: undefined })

    expect([isAffected, memory.stored()]).toEqual([true, ['file:///b']])
  })

  it('is not affected by a move of another file', () => {
    const memory = fakeMemory(['file:///a'])

    expect(new RememberedDocuments(memory).follow({ from: 'file:///b', to: undefined })).toBe(false)
  })
})

/** VS Code's memory of a workspace, with one list in it. */
function fakeMemory(initial: readonly string[]) {
  let list: unknown = initial
  return {
    get: () => list,
    update: (_key: string, value: unknown) => {
      list = value
      return Promise.resolve()
    },
    stored: () => list,
  }
}
