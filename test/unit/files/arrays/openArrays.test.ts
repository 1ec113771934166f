import { describe, expect, it } from 'vitest'
import { ArrayRows, isFloatArray, longAxes } from '../../../../src/files/arrays/arrayRows'
import { decodeIntegers } from '../../../../src/files/arrays/decode'
import { openArrays } from '../../../../src/files/arrays/openArrays'
import { prefixOf } from '../../../../src/files/arrays/rawBytes'
import { RowBlocks } from '../../../../src/files/arrays/rowBlocks'
import { isFloat, type StoredArray } from '../../../../src/files/arrays/storedArray'
import {
  ArrayFileError,
  IncompleteArrayFileError,
  PickledArrayError,
} from '../../../../src/files/source/errors'
import { concatBytes } from '../../../../src/shared/bytes'
import { fileInMemory } from '../../../../src/files/source/fileSource'
import { type ExpectedArray, numpyFixtures } from '../../../support/files/numpyFixtures'

const FIXTURES = numpyFixtures()
const READABLE = FIXTURES.filter(({ refused }) => refused === undefined)
const PICKLES = FIXTURES.filter(({ refused }) => refused !== undefined)

describe('A file of NumPy, PyTorch or safetensors', () => {
  it.each(READABLE)('gives its numbers: $name', async ({ file, bytes, arrays }) => {
    const entries = await openArrays(fileInMemory(file, bytes))

    const found = await Promise.all(
      entries.map(async (entry) => {
        if (entry.kind === 'refused') throw entry.error
        const { name, dtype, order, shape } = entry
        return { name, dtype, order, shape, numbers: await numbersOf(entry) }
      }),
    )
    // safetensors sorts its tensors.
    expect(byName(found)).toEqual(byName(arrays.map(inFloat32)))
  })

  it.each(PICKLES)('is refused with the line that converts it: $name', async ({ file, bytes, refused }) => {
    const error = await openedOrRefused(file, bytes).catch((thrown: unknown) => thrown)

    expect(error).toBeInstanceOf(PickledArrayError)
    expect(String(error)).toContain(refused)
  })

  it.each(READABLE)('is incomplete at every earlier length: $name', async ({ file, bytes }) => {
    const lengths = Array.from({ length: 40 }, (_, i) => Math.floor((i * bytes.length) / 40))

    for (const length of lengths) {
      const opened = openedOrRefused(file, bytes.slice(0, length))
      await expect(opened, `${length} of ${bytes.length} bytes`).rejects.toBeInstanceOf(
        IncompleteArrayFileError,
      )
    }
  })
})

describe('A file is refused', () => {
  it('that has a second array after the first one', async () => {
    const array = READABLE.find(({ file }) => file === 'a.npy')?.bytes ?? new Uint8Array(0)

    const opened = openArrays(fileInMemory('logits.npy', concatBytes([array, array])))

    await expect(opened).rejects.toThrow(
      /continues for [0-9]+ bytes after its array. Save each array in a file of its own/,
    )
  })

  it.each<[string, string, string]>([
    ['that is a text', 'logits.txt', '1.0 2.0 3.0 4.0'],
    ['that is a text with the name of an array', 'logits.npy', 'hello world'],
  ])('%s', async (_, name, text) => {
    const opened = openArrays(fileInMemory(name, new TextEncoder().encode(text)))

    await expect(opened).rejects.toThrow(/neither .npy nor .npz nor safetensors/)
    await expect(opened).rejects.toBeInstanceOf(ArrayFileError)
  })
})

function byName<T extends { readonly name: string | null }>(arrays: readonly T[]): T[] {
  return arrays.toSorted((a, b) => String(a.name).localeCompare(String(b.name)))
}

function inFloat32(array: ExpectedArray): ExpectedArray {
  return /f8|F64/.test(array.dtype) ? { ...array, numbers: array.numbers.map(Math.fround) } : array
}

async function openedOrRefused(file: string, bytes: Uint8Array): Promise<void> {
  const [entry] = await openArrays(fileInMemory(file, bytes))
  if (entry?.kind === 'refused') throw entry.error
}

/** All numbers in the order of a C array. */
async function numbersOf(array: StoredArray): Promise<number[]> {
  if (!isFloat(array.type)) {
    const { bytes, type, byteOrder } = array
    return [...decodeIntegers(await prefixOf(bytes, bytes.byteLength), type, byteOrder)]
  }
  if (!isFloatArray(array)) throw new Error('unreachable')
  const [first, second] = longAxes(array)
  const columns = second ?? first
  if (columns === undefined) throw new Error('the fixtures have no scalars')
  const rows = second === undefined ? { length: 1, stride: 0 } : (first ?? columns)
  const reader = new ArrayRows(array, { rows, columns }, new RowBlocks())
  const numbers: number[] = []
  for (let row = 0; row < rows.length; row++) numbers.push(...(await reader.read(row)))
  return numbers
}
