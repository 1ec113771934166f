import { appendFile, mkdtemp, open, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ArrayFileError, FileChangedError } from '../../../../src/files/source/errors'
import { openFileOnDisk } from '../../../../src/files/source/fileOnDisk'
import { openLogits } from '../../../../src/files/logits/openLogits'
import { float32Bytes } from '../../../support/checkpoints/checkpointBytes'
import { npyBytes } from '../../../support/files/arrayWriters'
import { V } from '../../../support/files/savedLogits'

const ONES = npyBytes({ shape: [2, V], data: float32Bytes(new Float32Array(2 * V).fill(1)) })
const TWOS = npyBytes({ shape: [2, V], data: float32Bytes(new Float32Array(2 * V).fill(2)) })

let folder = ''
let path = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'logits-'))
  path = join(folder, 'logits.npy')
  await writeFile(path, ONES)
})
afterEach(() => rm(folder, { recursive: true }))

describe('A file that is rewritten after it was opened', () => {
  const replace = async () => {
    await writeFile(join(folder, 'new'), TWOS)
    await rename(join(folder, 'new'), path)
  }

  it.each<[string, () => Promise<unknown>]>([
    ['in place, with the same size', () => writeFile(path, TWOS)],
    ['in one byte', () => overwrite(path, ONES.length - 1)],
    ['by a new file under its name', replace],
    ['with a shorter one', () => writeFile(path, TWOS.slice(0, 1000))],
    ['with a longer one', () => appendFile(path, 'more')],
    ['by its deletion', () => rm(path)],
  ])('gives an error instead of rows: %s', async (_, change) => {
    const file = await openLogits(await openFileOnDisk(path))
    await file.readRow(0)

    await change()

    await expect(file.readRow(1)).rejects.toBeInstanceOf(FileChangedError)
    await expect(file.checkUnchanged()).rejects.toThrow(/logits.npy was rewritten while it was read/)
    await file.close()
  })

  it('gives the rows of the new version when it is opened again', async () => {
    await writeFile(path, TWOS)

    const file = await openLogits(await openFileOnDisk(path))

    expect((await file.readRow(1))[0]).toBe(2)
    await file.close()
  })
})

describe('A file', () => {
  it('that does not change is read to its end', async () => {
    const file = await openLogits(await openFileOnDisk(path))

    await file.readRow(1)

    await expect(file.checkUnchanged()).resolves.toBeUndefined()
    await file.close()
  })

  it('with a time in the future is read', async () => {
    const future = new Date(Date.now() + 3_600_000)
    await utimes(path, future, future)

    const file = await openLogits(await openFileOnDisk(path))

    expect(file.rows).toBe(2)
    await file.close()
  })

  it('is opened only when a later write would change its time', async () => {
    await writeFile(path, TWOS)

    const { bytes } = await openFileOnDisk(path)

    expect(Date.now() - (await stat(path)).mtimeMs).toBeGreaterThanOrEqual(19)
    await bytes.close()
  })

  it.each(['missing.npy', '.'])('that cannot be opened is an error: %s', async (name) => {
    await expect(openFileOnDisk(join(folder, name))).rejects.toBeInstanceOf(ArrayFileError)
  })
})

async function overwrite(file: string, place: number): Promise<void> {
  const handle = await open(file, 'r+')
  await handle.write(Uint8Array.of(7), 0, 1, place)
  await handle.close()
}
