import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { assertNever } from '../shared/assertNever'
import { concatBytes } from '../shared/bytes'
import { formatBytes } from '../shared/text/format'
import { type TextSource, UsageError } from './arguments'

/** The largest text in bytes. A string of JavaScript has at most 2²⁹ − 24 characters, which is a little more. */
const MAX_TEXT_BYTES = 512e6
/** Fewer reads than with Node's 64 kB. */
const CHUNK_BYTES = 1024 ** 2

/**
 * Reads a text without changes: white space, a byte order mark and all line ends are kept.
 * @throws UsageError if it cannot be read, has more than `maxBytes`, or is not UTF-8
 */
export async function readText(
  source: TextSource,
  stdin: Readable,
  maxBytes = MAX_TEXT_BYTES,
): Promise<string> {
  switch (source.kind) {
    case 'given':
      return source.text
    case 'file':
      return decode(await readFileBytes(source.path, maxBytes), source.path)
    case 'stdin':
      return decode(await readAll(stdin, STDIN, maxBytes), STDIN)
    default:
      return assertNever(source)
  }
}

const STDIN = 'the standard input'

async function readFileBytes(path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    // Refused before it is read. The size of pipes and devices is not known.
    const { size } = await stat(path)
    if (size > maxBytes) throw tooLarge(path, maxBytes)
    return await readAll(createReadStream(path, { highWaterMark: CHUNK_BYTES }), path, maxBytes)
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`cannot read ${path}: ${reasonOf(error)}`, { cause: error })
  }
}

/** Reads a stream to its end; destroys it if it has more bytes. */
async function readAll(stream: Readable, name: string, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    bytes += chunk.length
    if (bytes > maxBytes) throw tooLarge(name, maxBytes)
    chunks.push(chunk)
  }
  return concatBytes(chunks)
}

function tooLarge(name: string, maxBytes: number): UsageError {
  return new UsageError(`${name} has more than ${formatBytes(maxBytes)}, the most that can be inspected`)
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
