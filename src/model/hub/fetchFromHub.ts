import { CancelledError, HubRefusalError } from '../../shared/errors'
import { isSafeAddress } from './endpoint'
import type { HubLimits } from './hubLimits'
import type { HubResponse, RequestHub } from './hubTransport'
import { TransientHubError } from './transientHubError'
import { WaitingChunks } from './waitingChunks'

/**
 * Requests a file with `fetch`, which follows redirects and drops the token if one leads to another host. It sends no
 * `If-Range`, because few hubs allow pages of other origins to send it; the response's ETag shows the same.
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
      // The store keeps the file; the browser's cache must not keep half a gigabyte a second time.
      cache: 'no-store',
      credentials: 'omit' as const,
      signal: AbortSignal.any([signal, cut.signal]),
    }
    const response = await fetch(url, request)
    requireSafe(url, response)
    return hubResponse(response, cut)
  } catch (cause) {
    if (cause instanceof HubRefusalError) throw cause
    if (signal.aborted) throw new CancelledError()
    throw new TransientHubError(`no connection to ${url.host}`, 'connection', { cause })
  } finally {
    clearTimeout(limit)
  }
}

/** Throws HubRefusalError if a redirect led from HTTPS to HTTP, or to an unsafe address. */
function requireSafe(asked: URL, response: Response): void {
  const from = new URL(response.url)
  const isDowngraded = asked.protocol === 'https:' && from.protocol !== 'https:'
  if (isSafeAddress(from) && !isDowngraded) return
  void response.body?.cancel()
  throw new HubRefusalError(`The hub redirects to ${from.origin}, which is not a safe address.`)
}

function hubResponse(response: Response, cut: AbortController): HubResponse {
  return {
    status: response.status,
    header: (name) => response.headers.get(name) ?? undefined,
    body: (limits, signal) => bodyOf({ response, cut }, limits, signal),
    end: () => {
      cut.abort()
    },
  }
}

/** Reading from the connection pauses while more than this is waiting to be written. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024

interface OpenResponse {
  readonly response: Response
  /** Cuts the connection. */
  readonly cut: AbortController
}

/**
 * The body, chunk by chunk. It reads ahead of the caller: a stream drops unread chunks when its connection is cut, and
 * a download from a hub that cuts early would never progress. A connection that delivers fewer than `spanBytes` in
 * `spanMs` is cut.
 */
async function* bodyOf(
  { response, cut }: OpenResponse,
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
