import { CancelledError, HubRefusalError } from '../../shared/errors'
import { isSafeAddress } from './endpoint'
import type { HubLimits } from './hubLimits'
import type { HubResponse, RequestHub } from './hubTransport'
import { TransientHubError } from './transientHubError'
import { WaitingChunks } from './waitingChunks'

/**
 * Asks for a file as a browser does, which follows redirects by itself, and takes the token off where another host
 * comes next. `If-Range` is left out, because few hubs let pages of other origins send it: the answer's validator
 * tells as well.
 */
export const fetchFromHub: RequestHub = async ({ url, token, resume, answerMs, signal }) => {
  const cut = new AbortController()
  const limit = setTimeout(() => {
    cut.abort(new Error(`no answer within ${answerMs / 1000} s`))
  }, answerMs)
  try {
    const request = {
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(resume !== undefined && { range: `bytes=${resume.from}-` }),
      },
      // Half a gigabyte must not lie in the browser's cache beside what is kept of it.
      cache: 'no-store',
      credentials: 'omit' as const,
      signal: AbortSignal.any([signal, cut.signal]),
    }
    const response = await fetch(url, request)
    refuseUnsafe(url, response)
    return answerOf(response, cut)
  } catch (cause) {
    if (cause instanceof HubRefusalError) throw cause
    if (signal.aborted) throw new CancelledError()
    throw new TransientHubError(`no connection to ${url.host}`, 'connection', { cause })
  } finally {
    clearTimeout(limit)
  }
}

function refuseUnsafe(asked: URL, response: Response): void {
  const from = new URL(response.url)
  const stayedOutside = asked.protocol === 'http:' || from.protocol === 'https:'
  if (isSafeAddress(from) && stayedOutside) return
  void response.body?.cancel()
  throw new HubRefusalError(`The hub sends to ${from.origin}, which is not safe to follow.`)
}

function answerOf(response: Response, cut: AbortController): HubResponse {
  return {
    status: response.status,
    header: (name) => response.headers.get(name) ?? undefined,
    body: (limits, signal) => bodyOf(response, cut, limits, signal),
    end: () => {
      cut.abort()
    },
  }
}

/** More than this waiting to be written makes the hub wait. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024

/**
 * Reads ahead of whoever asks: a stream that breaks off drops what was not taken from it, and a hub that cuts early
 * would never get ahead. A connection that brings less than a span has to bring is cut.
 */
async function* bodyOf(
  response: Response,
  cut: AbortController,
  { spanMs, spanBytes }: HubLimits,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  let drained = () => {}
  const waiting = new WaitingChunks(() => {
    drained()
  })
  let spanBytesSoFar = 0
  const span = setInterval(() => {
    const isSlow = spanBytesSoFar < spanBytes && waiting.bytes === 0
    if (isSlow) cut.abort(new Error(`${spanBytesSoFar} bytes within ${spanMs / 1000} s`))
    spanBytesSoFar = 0
  }, spanMs)

  const readAhead = async () => {
    const reader = response.body?.getReader()
    for (;;) {
      const chunk = (await reader?.read())?.value as Uint8Array | undefined
      if (chunk === undefined) return
      spanBytesSoFar += chunk.length
      waiting.push(chunk)
      if (waiting.bytes > MAX_WAITING_BYTES)
        await new Promise<void>((resolve) => {
          drained = resolve
        })
    }
  }
  readAhead().then(
    () => {
      waiting.end()
    },
    (cause: unknown) => {
      waiting.end(cause)
    },
  )

  try {
    yield* waiting.read(signal)
  } finally {
    clearInterval(span)
  }
}
