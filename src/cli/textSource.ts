import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { type TextSource, UsageError } from './arguments'

/**
 * The text as it is: nothing trimmed, a byte order mark and all line ends kept.
 * @throws UsageError where it cannot be read or is not UTF-8
 */
export async function readText(source: TextSource): Promise<string> {
  switch (source.kind) {
    case 'given':
      return source.text
    case 'file':
      return decode(await readBytes(source.path), source.path)
    case 'stdin':
      return decode(await buffer(process.stdin), 'the standard input')
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

const REASONS: Record<string, string> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
}

function reasonOf(error: unknown): string {
  const { code = '', message = String(error) } = error as NodeJS.ErrnoException
  return Object.hasOwn(REASONS, code) ? REASONS[code] : message
}
