import { LogitscopeError } from '../../shared/errors'
import { quoted } from '../../shared/text/quoted'
import { ArrayFileError } from '../source/errors'
import type { RawBytes } from './rawBytes'

/**
 * Most bytes of one decompressed entry: a deflate stream can claim a thousand times its own size, and every block of
 * rows is a pass over the stream. 1,024 rows of 50,257 numbers take 412 MB in float64.
 */
export const MAX_INFLATED_BYTES = 2 * 1024 ** 3

/**
 * The content of a deflated zip entry. Every `chunks` decompresses from the start, and holds only a few chunks.
 * @param byteLength decompressed size, as the zip's directory has it, at most MAX_INFLATED_BYTES
 * @param file name of the file, for messages
 */
export function inflated(compressed: RawBytes, byteLength: number, file: string): RawBytes {
  return { byteLength, read: null, chunks: () => inflatedChunks(compressed, byteLength, file) }
}

async function* inflatedChunks(
  compressed: RawBytes,
  byteLength: number,
  file: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  // Not every browser can iterate over a ReadableStream.
  const content: ReadableStream<Uint8Array> = streamOf(compressed).pipeThrough(
    new DecompressionStream('deflate-raw'),
  )
  const reader = content.getReader()
  let left = byteLength
  try {
    while (true) {
      const { done, value } = await reader.read()
      if (done) break
      left -= value.length
      if (left < 0) throw damaged(file)
      yield value
    }
    if (left > 0) throw damaged(file)
  } catch (error) {
    throw error instanceof LogitscopeError ? error : damaged(file, error)
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

function streamOf(bytes: RawBytes): ReadableStream<Uint8Array<ArrayBuffer>> {
  const chunks = bytes.chunks()
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const { done, value } = await chunks.next()
      if (done === true) controller.close()
      // A copy has a buffer of its own, which the stream may take.
      else controller.enqueue(new Uint8Array(value))
    },
    async cancel() {
      await chunks.return()
    },
  })
}

function damaged(file: string, cause?: unknown): ArrayFileError {
  return new ArrayFileError(
    `${quoted(file)} cannot be read: its compressed data is damaged. Save the file again.`,
    {
      cause,
    },
  )
}
