import { concatBytes } from '../../shared/bytes'
import { delay } from '../../shared/delay'
import { CancelledError, HubRefusalError, PinnedFileError } from '../../shared/errors'
import { formatBytes } from '../../shared/text/format'
import { CONFIG_FILE, WEIGHTS_FILE } from '../formats/modelFiles'
import type { PinnedModel } from '../registry'
import { fileUrl } from './endpoint'
import type { HubLimits } from './hubLimits'
import type { HubRequest, HubResponse, RequestHub } from './hubTransport'
import { parseRetryAfter, TransientHubError } from './transientHubError'

/** A hub, and how it is dealt with. */
export interface Hub {
  readonly endpoint: URL
  /** The user's, for repositories that ask for one. */
  readonly token: string | undefined
  readonly limits: HubLimits
  readonly request: RequestHub
}

/** A file as far as it has come. */
export interface GrowingFile {
  readonly length: number
  /** The hub's validator of these bytes, where it gave one. */
  readonly etag: string | null
  /** Begins anew, with bytes that the hub names so. */
  restart(etag: string | null): Promise<void>
  append(chunk: Uint8Array): Promise<void>
}

export interface DownloadOptions {
  readonly signal: AbortSignal
  /** More of the file is there. */
  readonly onBytes: (bytes: number) => void
  /** A try has failed; the next one begins after so many milliseconds. */
  readonly onPause: (fault: TransientHubError, delayMs: number) => void
}

/** A hub whose file is another one every time that it is asked is given up. */
const MAX_RESTARTS = 3
/** GPT-2's have less than 1 kB. */
const MAX_CONFIG_BYTES = 64 * 1024

/**
 * Fetches what is missing of the weights; their digest is the caller's business.
 * @throws TransientHubError where they did not come in spite of all tries, HubRefusalError, PinnedFileError where the
 * length is another one, CancelledError, and what the disk's errors are
 */
export async function downloadWeights(
  hub: Hub,
  model: PinnedModel,
  partial: GrowingFile,
  options: DownloadOptions,
): Promise<void> {
  const url = fileUrl(hub.endpoint, model, WEIGHTS_FILE)
  let restarts = 0
  const restart = async (etag: string | null) => {
    if (partial.length > 0 && ++restarts > MAX_RESTARTS)
      throw new HubRefusalError('The hub breaks off and begins from the start again and again.')
    await partial.restart(etag)
  }
  if (partial.length === model.bytes) return
  await withRetries(
    hub.limits,
    () => partial.length,
    options,
    async () => {
      const response = await ask(hub, url, restOf(partial), options.signal)
      const body = response.body(hub.limits, options.signal)
      try {
        await beginBody(response, model, partial, restart)
        for await (const chunk of body) {
          if (partial.length + chunk.length > model.bytes) {
            await partial.restart(null)
            throw wrongLength(`more than ${formatBytes(model.bytes)}`, model)
          }
          await partial.append(chunk)
          options.onBytes(partial.length)
        }
      } finally {
        response.end()
      }
      if (partial.length < model.bytes) throw new TransientHubError('the connection was cut', 'connection')
    },
  )
}

/** The text of the model’s `config.json`; throws as `downloadWeights`. */
export async function downloadConfig(
  hub: Hub,
  model: PinnedModel,
  options: DownloadOptions,
): Promise<string> {
  const url = fileUrl(hub.endpoint, model, CONFIG_FILE)
  return withRetries(
    hub.limits,
    () => 0,
    options,
    async () => {
      const response = await ask(hub, url, undefined, options.signal)
      try {
        if (response.status !== 200) throw refusal(response, CONFIG_FILE)
        const chunks: Uint8Array[] = []
        let bytes = 0
        for await (const chunk of response.body(hub.limits, options.signal)) {
          bytes += chunk.length
          if (bytes > MAX_CONFIG_BYTES)
            throw new HubRefusalError(`The hub’s ${CONFIG_FILE} is larger than any of a GPT-2.`)
          chunks.push(chunk)
        }
        return new TextDecoder().decode(concatBytes(chunks))
      } finally {
        response.end()
      }
    },
  )
}

async function withRetries<T>(
  { retries, progressBytes, firstDelayMs, longestDelayMs }: HubLimits,
  length: () => number,
  { signal, onPause }: DownloadOptions,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let failures = 0; ;) {
    const before = length()
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof TransientHubError)) throw error
      failures = length() - before >= progressBytes ? 1 : failures + 1
      const delayMs = error.retryAfterMs ?? firstDelayMs * 2 ** (failures - 1)
      if (failures > retries || delayMs > longestDelayMs) throw error
      onPause(error, delayMs)
      await delay(delayMs, signal).catch(() => {
        throw new CancelledError()
      })
    }
  }
}

function ask(
  { request, token, limits }: Hub,
  url: URL,
  resume: HubRequest['resume'],
  signal: AbortSignal,
): Promise<HubResponse> {
  return request({ url, resume, signal, token, answerMs: limits.answerMs })
}

function restOf({ length, etag }: GrowingFile): HubRequest['resume'] {
  return length === 0 ? undefined : { from: length, etag }
}

/** Readies the partial file for the body that follows this head, or says why none does. */
async function beginBody(
  response: HubResponse,
  model: PinnedModel,
  partial: GrowingFile,
  restart: (etag: string | null) => Promise<void>,
): Promise<void> {
  const etag = strongEtag(response.header('etag'))
  switch (response.status) {
    case 200: {
      const length = response.header('content-length')
      if (length !== undefined && Number(length) !== model.bytes)
        throw wrongLength(formatBytes(Number(length)), model)
      return restart(etag)
    }
    case 206: {
      const range = response.header('content-range')
      const numbers = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(range ?? '')
      const total = numbers?.[2] ?? '*'
      if (total !== '*' && Number(total) !== model.bytes) throw wrongLength(formatBytes(Number(total)), model)
      const hasChanged = partial.etag !== null && etag !== null && etag !== partial.etag
      // Few hubs let pages of other origins read the range; the length is always readable.
      const isRest =
        range === undefined
          ? Number(response.header('content-length')) === model.bytes - partial.length
          : Number(numbers?.[1]) === partial.length
      if (!hasChanged && partial.length > 0 && isRest) return
      await restart(null)
      throw new TransientHubError(
        hasChanged
          ? 'the hub’s file has changed meanwhile'
          : 'the hub sent another part than the one asked for',
        'hub',
      )
    }
    case 416:
      await restart(null)
      throw new TransientHubError('the hub does not have the rest of the file', 'hub')
    default:
      throw refusal(response, WEIGHTS_FILE)
  }
}

/** A weak validator does not promise the same bytes. */
function strongEtag(etag: string | undefined): string | null {
  return etag !== undefined && etag.startsWith('"') ? etag : null
}

/** Why the hub does not give the file: for now, or at all. */
function refusal(response: HubResponse, file: string): Error {
  const { status } = response
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    const retryAfterMs = parseRetryAfter(response.header('retry-after'), Date.now())
    return new TransientHubError(`the hub is busy (HTTP ${status})`, 'hub', { retryAfterMs })
  }
  if (status === 401 || status === 403) {
    return new HubRefusalError(
      `The hub gives ${file} only to those it knows (HTTP ${status}): set a token for it with Logitscope: Set Hub Token.`,
    )
  }
  if (status === 404)
    return new HubRefusalError(
      `There is no ${file} at this address of the hub (HTTP 404). Is it the right one?`,
    )
  return new HubRefusalError(`The hub does not give ${file} (HTTP ${status}).`)
}

function wrongLength(length: string, model: PinnedModel): PinnedFileError {
  return new PinnedFileError(
    `The hub’s ${WEIGHTS_FILE} is not the pinned file: it has ${length}, not ${formatBytes(model.bytes)}.`,
  )
}
