import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { readLines } from '../../../src/cli/base/textSource'
import { temporaryFolder } from '../../support/checkpoints/checkpointTiny'

const STDIN = { kind: 'stdin' } as const

/** The lines of chunks that arrive one by one. */
async function linesOf(chunks: readonly string[], maxBytes?: number): Promise<string[]> {
  const stdin = Readable.from(chunks.map((chunk) => Buffer.from(chunk)))
  const lines: string[] = []
  for await (const line of readLines(STDIN, stdin, maxBytes)) lines.push(Buffer.from(line).toString())
  return lines
}

describe('The lines of an input', () => {
  it.each([
    ['that ends with a line end', ['a\nb\n'], ['a', 'b']],
    ['that does not end with a line end', ['a\nb'], ['a', 'b']],
    ['with empty lines', ['\n\na\n'], ['', '', 'a']],
    ['whose lines are cut into chunks', ['a', 'b\n', 'c', '', 'd', '\ne'], ['ab', 'cd', 'e']],
    ['that is empty', [], []],
  ])('%s are whole', async (_, chunks, lines) => {
    expect(await linesOf(chunks)).toEqual(lines)
  })

  it('arrive before the input ends', async () => {
    const endless = new Readable({ read: () => undefined })
    const reading = readLines(STDIN, endless)
    endless.push('a\nb')
    expect(Buffer.from((await reading.next()).value ?? '').toString()).toBe('a')
    endless.destroy()
  })

  it('may have the most bytes that are kept', async () => {
    expect(await linesOf(['ab', 'cd\n'], 4)).toEqual(['abcd'])
  })

  it('are refused if one has more bytes than are kept', async () => {
    await expect(linesOf(['ab', 'cde'], 4)).rejects.toThrow(
      'the standard input has a line of more than 4 bytes',
    )
  })

  it('of a file are read from the file', async () => {
    const folder = await temporaryFolder({ 'lines.txt': 'a\nb' })
    const lines: string[] = []
    const source = { kind: 'file', path: join(folder, 'lines.txt') } as const
    for await (const line of readLines(source, Readable.from([]))) lines.push(Buffer.from(line).toString())
    expect(lines).toEqual(['a', 'b'])
  })
})
