import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { assertNever } from '../../shared/assertNever'
import { concatBytes } from '../../shared/bytes'
import { formatBytes } from '../../shared/text/format'
import { UsageError } from './commandLine'
import type { TextOptions, TextSource } from './sharedOptions'

/** The largest text in bytes. A string of JavaScript has at most 2²⁹ − 24 characters, which is a little more. */
const MAX_TEXT_BYTES = 512e6
/** Fewer reads than with Node's 64 kB. */
const CHUNK_BYTES = 1024 ** 2

/** @throws UsageError, as `readText` */
export async function readTexts(
  { input, context }: TextOptions,
  stdin: Readable,
): Promise<{ readonly text: string; readonly context: string }> {
  return { text: await readText(input, stdin), context: await readText(context, stdin) }
}

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

/** The longest line in bytes that is kept in memory. */
const MAX_LINE_BYTES = 64e6

/**
 * The lines of a file or of the standard input as they arrive, without their ends.
 * @throws UsageError if the source cannot be read, or a line has more than `maxBytes`
 */
export async function* readLines(
  source: Exclude<TextSource, { readonly kind: 'given' }>,
  stdin: Readable,
  maxBytes = MAX_LINE_BYTES,
): AsyncGenerator<Uint8Array> {
  const name = source.kind === 'file' ? source.path : STDIN
  const stream = source.kind === 'file' ? createReadStream(source.path) : stdin
  let parts: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      let start = 0
      for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
        yield concatBytes([...parts, chunk.subarray(start, end)])
        parts = []
        bytes = 0
        start = end + 1
      }
      parts.push(chunk.subarray(start))
      bytes += chunk.length - start
      if (bytes > maxBytes) throw new UsageError(`${name} has a line of more than ${formatBytes(maxBytes)}`)
    }
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`cannot read ${name}: ${reasonOf(error)}`, { cause: error })
  }
  if (bytes > 0) yield concatBytes(parts)
}

const NEWLINE = 0x0a

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
