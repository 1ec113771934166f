import { describe, expect, it } from 'vitest'
import { uriAfterMove } from '../../../../src/editor/documents/uriAfterMove'

describe('uriAfterMove', () => {
  it.each([
    ['a renamed file', 'file:///w/a.ts', { from: 'file:///w/a.ts', to: 'file:///w/b.ts' }, 'file:///w/b.ts'],
    [
      'a file in a renamed folder',
      'file:///w/old/d/a.ts',
      { from: 'file:///w/old', to: 'file:///w/new' },
      'file:///w/new/d/a.ts',
    ],
    [
      'a file in a folder whose URI ends with a slash',
      'file:///w/a.ts',
      { from: 'file:///w/', to: 'file:///v/' },
      'file:///v/a.ts',
    ],
    ['a deleted file', 'file:///w/a.ts', { from: 'file:///w/a.ts', to: undefined }, undefined],
    ['a file in a deleted folder', 'file:///w/d/a.ts', { from: 'file:///w/d', to: undefined }, undefined],
  ])('follows %s', (_, uri, move, after) => {
    expect(uriAfterMove(uri, move)).toBe(after)
  })

  it.each([
    ['another file', 'file:///w/b.ts'],
    ['a file whose name only begins with the name of the moved one', 'file:///w/a.tsx'],
    ['a file in another folder', 'file:///v/a.ts/c.ts'],
  ])('keeps the URI of %s', (_, uri) => {
    expect(uriAfterMove(uri, { from: 'file:///w/a.ts', to: undefined })).toBe(uri)
  })
})
