import { describe, expect, it } from 'vitest'
import { bytesInParts, bytesReadOnce } from '../../../../src/model/formats/bytesInParts'

const parts = () => [Uint8Array.of(0, 1, 2), new Uint8Array(), Uint8Array.of(3), Uint8Array.of(4, 5, 6, 7)]

const readNow = (source: ReturnType<typeof bytesInParts>, offset: number, length: number) => {
  const target = new Uint8Array(length)
  source.readNow(offset, target)
  return [...target]
}

describe.each([
  ['bytesInParts', bytesInParts],
  ['bytesReadOnce', bytesReadOnce],
])('%s', (_, open) => {
  it('has the total length of the parts', () => {
    expect(open(parts()).size).toBe(8)
  })

  it.each([
    [0, 8],
    [0, 3],
    [2, 3],
    [3, 1],
    [7, 1],
    [8, 0],
  ])('reads from byte %i, %i bytes', async (offset, length) => {
    const expected = [0, 1, 2, 3, 4, 5, 6, 7].slice(offset, offset + length)

    expect([...(await open(parts()).read(offset, length))]).toEqual(expected)
    expect(readNow(open(parts()), offset, length)).toEqual(expected)
  })

  it('rejects a read after the end of the last part', async () => {
    await expect(open(parts()).read(6, 3)).rejects.toThrow('the bytes end at 8')
    expect(() => readNow(open(parts()), 8, 1)).toThrow('the bytes end at 8')
  })
})

describe('bytesReadOnce', () => {
  it('releases a part’s memory when all of it was read', () => {
    const source = bytesReadOnce(parts())

    readNow(source, 4, 3)
    expect(readNow(source, 7, 1)).toEqual([7])

    expect(() => readNow(source, 4, 1)).toThrow('the memory of the bytes before 8 was released')
  })

  it('counts only readNow, so that a header may be read twice', async () => {
    const source = bytesReadOnce(parts())

    await source.read(0, 3)

    expect(readNow(source, 0, 3)).toEqual([0, 1, 2])
  })
})
