import type { IncomingMessage } from 'node:http'
import { CancelledError } from '../../shared/errors'
import type { HubLimits } from './hubLimits'
import { PassingFault } from './passingFault'

/** More than this waiting to be written makes the hub wait. */
const MAX_WAITING_BYTES = 1024 * 1024

/**
 * The body of an answer, chunk by chunk; listens from the call on, so that nothing happens unnoticed before it is read.
 * Everything that came before the connection was cut is given out first (a stream's own iterator would drop it, and a
 * hub that cuts early would never get ahead); a connection that brings less than a span has to bring is cut.
 * The iteration throws PassingFault and CancelledError.
 */
export function bodyChunks(
  response: IncomingMessage,
  { spanMs, spanBytes }: HubLimits,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  const waiting: Uint8Array[] = []
  let waitingBytes = 0
  let spanBytesSoFar = 0
  let ended: { readonly cause?: Error } | undefined
  let wake = () => {}

  const span = setInterval(() => {
    if (spanBytesSoFar < spanBytes)
      response.destroy(new Error(`${spanBytesSoFar} bytes within ${spanMs / 1000} s`))
    spanBytesSoFar = 0
  }, spanMs)
  const end = (cause?: Error) => {
    clearInterval(span)
    ended ??= { cause }
    wake()
  }
  response.on('data', (chunk: Uint8Array) => {
    waiting.push(chunk)
    spanBytesSoFar += chunk.length
    waitingBytes += chunk.length
    if (waitingBytes > MAX_WAITING_BYTES) response.pause()
    wake()
  })
  response.once('end', () => {
    end()
  })
  response.on('error', end)
  response.once('close', () => {
    end(new Error('closed before its end'))
  })

  return (async function* () {
    for (;;) {
      if (signal.aborted) throw new CancelledError()
      const chunk = waiting.shift()
      if (chunk !== undefined) {
        yield chunk
        waitingBytes -= chunk.length
        if (response.isPaused() && waitingBytes === 0) response.resume()
      } else if (ended === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      } else if (ended.cause === undefined) {
        return
      } else {
        throw new PassingFault('the connection was cut', 'connection', { cause: ended.cause })
      }
    }
  })()
}
