import { readFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { assertNever } from '../shared/assertNever'
import { type TextSource, UsageError } from './arguments'

/**
 * Reads a text without changes: white space, a byte order mark and all line ends are kept.
 * @throws UsageError if it cannot be read or is not UTF-8
 */
export async function readText(source: TextSource, stdin: Readable): Promise<string> {
  switch (source.kind) {
    case 'given':
      return source.text
    case 'file':
      return decode(await readBytes(source.path), source.path)
    case 'stdin':
      return decode(await buffer(stdin), 'the standard input')
    default:
      return assertNever(source)
  }
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${reasonOf(error)}`, { cause: error })
  }
}

function decode(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (error) {
    throw new UsageError(`${name} is not valid UTF-8`, { cause: error })
  }
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'the file does not exist'],
  ['EISDIR', 'it is a folder'],
  ['EACCES', 'permission denied'],
])

function reasonOf(error: unknown): string {
  const { code = '', message = String(error) } = error as NodeJS.ErrnoException
  return REASONS.get(code) ?? message
}
