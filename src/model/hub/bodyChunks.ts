import type { IncomingMessage } from 'node:http'
import type { HubLimits } from './hubLimits'
import { WaitingChunks } from './waitingChunks'

/** Reading from the connection pauses while more than this is waiting to be written. */
const MAX_WAITING_BYTES = 1024 * 1024

/**
 * The body of a response, chunk by chunk. It listens from the call on, so that no event is missed before the first
 * read. All bytes that arrived before the connection was cut are delivered first: a stream's own iterator would drop
 * them, and a download from a hub that cuts early would never progress. A connection that delivers fewer than
 * `spanBytes` in `spanMs` is cut. The iteration throws TransientHubError and CancelledError.
 */
export function bodyChunks(
  response: IncomingMessage,
  { spanMs, spanBytes }: HubLimits,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  const waiting = new WaitingChunks(() => {
    if (response.isPaused()) response.resume()
  })
  let spanBytesSoFar = 0

  const span = setInterval(() => {
    if (spanBytesSoFar < spanBytes)
      response.destroy(new Error(`${spanBytesSoFar} bytes within ${spanMs / 1000} s`))
    spanBytesSoFar = 0
  }, spanMs)
  const end = (cause?: Error) => {
    clearInterval(span)
    waiting.end(cause)
  }
  response.on('data', (chunk: Uint8Array) => {
    spanBytesSoFar += chunk.length
    waiting.push(chunk)
    if (waiting.bytes > MAX_WAITING_BYTES) response.pause()
  })
  response.once('end', () => {
    end()
  })
  response.on('error', end)
  response.once('close', () => {
    end(new Error('closed before its end'))
  })

  return waiting.read(signal)
}
