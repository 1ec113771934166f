import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ArrayRows, isFloatArray } from '../../../src/files/arrays/arrayRows'
import { openArrays } from '../../../src/files/arrays/openArrays'
import { RowBlocks } from '../../../src/files/arrays/rowBlocks'
import { ArrayFileError } from '../../../src/files/source/errors'
import { fileInMemory } from '../../../src/files/source/fileSource'
import { openIds } from '../../../src/files/logits/ids'
import { openHidden } from '../../../src/files/logits/hiddenStates'
import { openLogits } from '../../../src/files/logits/openLogits'
import { npyWithHeader } from '../../support/files/arrayWriters'
import { numpyFixtures } from '../../support/files/numpyFixtures'

const FILES = numpyFixtures()

/** Bytes of a real file, some of which are replaced, and possibly cut or extended. */
const damagedFile = fc
  .record({
    file: fc.constantFrom(...FILES),
    edits: fc.array(fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(255)), { maxLength: 6 }),
    cut: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { freq: 3 }),
    tail: fc.uint8Array({ maxLength: 30 }),
  })
  .map(({ file, edits, cut, tail }) => {
    const bytes = Uint8Array.from([...file.bytes, ...tail])
    for (const [place, value] of edits) bytes[Math.floor(place * bytes.length)] = value
    return { name: file.file, bytes: cut === null ? bytes : bytes.slice(0, Math.ceil(cut * bytes.length)) }
  })

describe('Any bytes', () => {
  it('of a damaged file are read, or refused with an error for the user', async () => {
    await fc.assert(
      fc.asyncProperty(damagedFile, async ({ name, bytes }) => {
        await expectReadOrRefused(name, bytes)
      }),
      { numRuns: 1500 },
    )
  })

  it('at all are read, or refused with an error for the user', async () => {
    const starts = FILES.map(({ bytes }) => [...bytes.slice(0, 10)])
    const anyFile = fc.tuple(fc.constantFrom([], ...starts), fc.uint8Array({ maxLength: 300 }))

    await fc.assert(
      fc.asyncProperty(anyFile, async ([start, rest]) => {
        await expectReadOrRefused('logits.npy', Uint8Array.from([...start, ...rest]))
      }),
      { numRuns: 1500 },
    )
  })

  it('after any shape and type are read, or refused with an error for the user', async () => {
    const shape = fc.array(fc.oneof(fc.nat(8), fc.constantFrom(50257, 2 ** 31, 2 ** 53, '9'.repeat(400))), {
      maxLength: 20,
    })
    const descr = fc.constantFrom('<f4', '>f2', '|V2', '|O', '<i8', '|S5', '<M8[ns]', '<f16', 'f4', '')

    await fc.assert(
      fc.asyncProperty(
        shape,
        descr,
        fc.boolean(),
        fc.uint8Array({ maxLength: 64 }),
        async (axes, type, isFortran, data) => {
          const header = `{'descr': '${type}', 'fortran_order': ${isFortran ? 'True' : 'False'}, 'shape': (${axes.map((axis) => `${axis},`).join('')})}`
          await expectReadOrRefused('logits.npy', npyWithHeader(header, data))
        },
      ),
      { numRuns: 1000 },
    )
  })
})

async function expectReadOrRefused(name: string, bytes: Uint8Array): Promise<void> {
  for (const reading of [readAll, openAll]) {
    try {
      await reading(name, bytes)
    } catch (error) {
      expect(error).toBeInstanceOf(ArrayFileError)
      expect(error).toHaveProperty('message', expect.stringMatching(/^.{10,700}$/s))
    }
  }
}

async function openAll(name: string, bytes: Uint8Array): Promise<void> {
  const source = fileInMemory(name, bytes)
  const results = await Promise.allSettled([openLogits(source), openIds(source), openHidden(source)])
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

/** Reads the first and the last row of every array. */
async function readAll(name: string, bytes: Uint8Array): Promise<void> {
  for (const entry of await openArrays(fileInMemory(name, bytes))) {
    if (entry.kind !== 'array' || !isFloatArray(entry)) continue
    const [rows = 0, columns = 0] = entry.shape
    if (entry.shape.length !== 2 || rows === 0 || columns === 0) continue
    const layout =
      entry.order === 'C'
        ? { rows: { length: rows, stride: columns }, columns: { length: columns, stride: 1 } }
        : { rows: { length: rows, stride: 1 }, columns: { length: columns, stride: rows } }
    const reader = new ArrayRows(entry, layout, new RowBlocks())
    expect(await reader.read(0)).toHaveLength(columns)
    expect(await reader.read(rows - 1)).toHaveLength(columns)
  }
}
