import { describe, expect, it } from 'vitest'
import { bytesInParts, bytesReadOnce } from '../../../../src/model/formats/bytesInParts'

const parts = () => [Uint8Array.of(0, 1, 2), new Uint8Array(), Uint8Array.of(3), Uint8Array.of(4, 5, 6, 7)]

const readNow = (source: ReturnType<typeof bytesInParts>, offset: number, length: number) => {
  const target = new Uint8Array(length)
  source.readNow(offset, target)
  return [...target]
}

describe.each([
  ['Bytes in parts', bytesInParts],
  ['Bytes that are read once', bytesReadOnce],
])('%s', (_, open) => {
  it('are as many as the parts have together', () => {
    expect(open(parts()).size).toBe(8)
  })

  it.each([
    [0, 8],
    [0, 3],
    [2, 3],
    [3, 1],
    [7, 1],
    [8, 0],
  ])('are those from %i on, %i of them', async (offset, length) => {
    const expected = [0, 1, 2, 3, 4, 5, 6, 7].slice(offset, offset + length)

    expect([...(await open(parts()).read(offset, length))]).toEqual(expected)
    expect(readNow(open(parts()), offset, length)).toEqual(expected)
  })

  it('end where the last part ends', async () => {
    await expect(open(parts()).read(6, 3)).rejects.toThrow('the bytes end at 8')
    expect(() => readNow(open(parts()), 8, 1)).toThrow('the bytes end at 8')
  })
})

describe('Bytes that are read once', () => {
  it('give a part’s memory back when the last of it was read', () => {
    const source = bytesReadOnce(parts())

    readNow(source, 4, 3)
    expect(readNow(source, 7, 1)).toEqual([7])

    expect(() => readNow(source, 4, 1)).toThrow('the bytes before 8 were given back')
  })

  it('count only what is read to stay: a header may be read twice', async () => {
    const source = bytesReadOnce(parts())

    await source.read(0, 3)

    expect(readNow(source, 0, 3)).toEqual([0, 1, 2])
  })
})
