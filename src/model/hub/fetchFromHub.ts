import { CancelledError, HubRefusalError } from '../../shared/errors'
import type { HubLimits } from './hubLimits'
import type { HubRequest, HubResponse, RequestHub } from './hubTransport'
import { isRedirect, MAX_REDIRECTS, redirected, tooManyRedirects } from './redirects'
import { TransientHubError } from './transientHubError'
import { WaitingChunks } from './waitingChunks'

/**
 * Requests a file with `fetch`. It sends no `If-Range`, because few hubs allow pages of other origins to send it; the
 * response's ETag shows the same.
 */
export const fetchFromHub: RequestHub = async (request) => {
  const { url, answerMs, signal } = request
  const cut = new AbortController()
  const limit = setTimeout(() => {
    cut.abort(new Error(`no answer within ${answerMs / 1000} s`))
  }, answerMs)
  try {
    return hubResponse(await followed(request, AbortSignal.any([signal, cut.signal])), cut)
  } catch (cause) {
    if (cause instanceof HubRefusalError) throw cause
    if (signal.aborted) throw new CancelledError()
    throw new TransientHubError(`no connection to ${url.host}`, 'connection', { cause })
  } finally {
    clearTimeout(limit)
  }
}

/**
 * The response after all redirects, each of which is judged before it is followed.
 * @throws HubRefusalError
 */
async function followed(request: HubRequest, signal: AbortSignal): Promise<Response> {
  let { url } = request
  let { token } = request
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const response = await fetch(url, { ...fetchOptions({ ...request, token }), redirect: 'manual', signal })
    if (response.type === 'opaqueredirect') return followedByBrowser(request, signal)
    const location = response.headers.get('location')
    if (!isRedirect(response.status) || location === null) return response
    await response.body?.cancel()
    const next = redirected(url, location)
    if (next.origin !== url.origin) token = undefined
    url = next
  }
  throw tooManyRedirects()
}

/**
 * A browser does not show a page where a redirect leads, and the real hub redirects to a signed address that the page
 * cannot know otherwise. So the browser follows, and the answer is refused if it came from an unsafe address. Browsers
 * themselves drop the token at another origin, and refuse redirects from HTTPS to HTTP except to this machine.
 */
async function followedByBrowser(request: HubRequest, signal: AbortSignal): Promise<Response> {
  const response = await fetch(request.url, { ...fetchOptions(request), redirect: 'follow', signal })
  try {
    redirected(request.url, response.url)
    return response
  } catch (error) {
    void response.body?.cancel()
    throw error
  }
}

function fetchOptions({ token, resume }: Pick<HubRequest, 'token' | 'resume'>) {
  return {
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(resume !== undefined && { range: `bytes=${resume.from}-` }),
    },
    // The store keeps the file; the browser's cache must not keep half a gigabyte a second time.
    cache: 'no-store',
    credentials: 'omit',
  } as const
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
