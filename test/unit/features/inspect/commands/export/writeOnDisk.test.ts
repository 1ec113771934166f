import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeOnDisk } from '../../../../../../src/features/inspect/commands/export/writeOnDisk'

const NEVER = new AbortController().signal

let folder: string
let file: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'logitscope-export-'))
  file = join(folder, 'results.json')
})
afterEach(async () => {
  await rm(folder, { recursive: true })
})

describe('writeOnDisk', () => {
  it('writes all pieces', async () => {
    await writeOnDisk(file, ['a', 'é', '😀'], NEVER)

    expect(await readFile(file, 'utf8')).toBe('aé😀')
  })

  it('gives up the thread between two pieces', async () => {
    let turns = 0
    const turnsBefore: number[] = []
    const count = () => {
      turns++
      turning = setImmediate(count)
    }
    let turning = setImmediate(count)

    await writeOnDisk(
      file,
      piecesWith(() => turnsBefore.push(turns)),
      NEVER,
    )

    clearImmediate(turning)
    expect(new Set(turnsBefore).size).toBe(PIECES)
  })

  it('keeps the earlier file, and no incomplete one, after a cancel', async () => {
    await writeFile(file, 'earlier')
    const cancel = new AbortController()

    const written = writeOnDisk(
      file,
      piecesWith(() => {
        cancel.abort()
      }),
      cancel.signal,
    )

    await expect(written).rejects.toThrow(/abort/)
    expect([await readdir(folder), await readFile(file, 'utf8')]).toEqual([['results.json'], 'earlier'])
  })
})

const PIECES = 5

function* piecesWith(onPiece: () => void): Generator<string> {
  for (let piece = 0; piece < PIECES; piece++) {
    onPiece()
    yield 'piece'
  }
}
