import { concatBytes } from '../../shared/bytes'
import { delay } from '../../shared/delay'
import { CancelledError, HubRefusalError, PinnedFileError } from '../../shared/errors'
import { formatCount } from '../../shared/text/format'
import { CONFIG_FILE, WEIGHTS_FILE } from '../formats/modelFiles'
import type { PinnedModel } from '../registry'
import { fileUrl } from './endpoint'
import type { HubLimits } from './hubLimits'
import type { HubRequest, HubResponse, RequestHub } from './hubTransport'
import { parseRetryAfter, TransientHubError } from './transientHubError'

/** A hub, and how it is accessed. */
export interface Hub {
  readonly endpoint: URL
  /** The user's access token, for repositories that require one. */
  readonly token: string | undefined
  readonly limits: HubLimits
  readonly request: RequestHub
}

/** A partly downloaded file. */
export interface GrowingFile {
  readonly length: number
  /** The hub's strong validator (ETag) of these bytes; null if it gave none. */
  readonly etag: string | null
  /** Discards all bytes; the next ones have this validator. */
  restart(etag: string | null): Promise<void>
  append(chunk: Uint8Array): Promise<void>
}

export interface DownloadOptions {
  readonly signal: AbortSignal
  /** Called with the number of bytes of the file so far. */
  readonly onBytes: (bytes: number) => void
  /** An attempt has failed; the next one starts after `delayMs` milliseconds. */
  readonly onPause: (fault: TransientHubError, delayMs: number) => void
}

/** After more restarts the download fails: the hub's file changes every time, or cannot be resumed. */
const MAX_RESTARTS = 3
/** GPT-2's configurations have less than 1 kB. */
const MAX_CONFIG_BYTES = 64 * 1024

export interface WeightsDownload {
  readonly hub: Hub
  readonly model: PinnedModel
  /** The bytes that exist already; the missing ones are appended. */
  readonly partial: GrowingFile
}

/**
 * Downloads what is missing of the weights. It does not check their digest.
 * @throws TransientHubError if all attempts failed, HubRefusalError, PinnedFileError if the length differs,
 * CancelledError, and the errors of the disk
 */
export async function downloadWeights(
  { hub, model, partial }: WeightsDownload,
  options: DownloadOptions,
): Promise<void> {
  const url = fileUrl(hub.endpoint, model, WEIGHTS_FILE)
  let restarts = 0
  const restart = async (etag: string | null) => {
    if (partial.length > 0 && ++restarts > MAX_RESTARTS)
      throw new HubRefusalError('The hub cuts the connection and cannot resume the file. Try again later.')
    await partial.restart(etag)
  }
  if (partial.length === model.bytes) return
  await withRetries(hub.limits, { ...options, length: () => partial.length }, async () => {
    const response = await ask(hub, { url, resume: restOf(partial), signal: options.signal })
    const body = response.body(hub.limits, options.signal)
    try {
      await beginBody(response, { model, partial, restart })
      for await (const chunk of body) {
        if (partial.length + chunk.length > model.bytes) {
          await partial.restart(null)
          throw wrongLength(`more than ${formatCount(model.bytes)} bytes`)
        }
        await partial.append(chunk)
        options.onBytes(partial.length)
      }
    } finally {
      response.end()
    }
    if (partial.length < model.bytes) throw new TransientHubError('the connection was cut', 'connection')
  })
}

/** The text of the model’s `config.json`; throws the same as `downloadWeights`. */
export async function downloadConfig(
  hub: Hub,
  model: PinnedModel,
  options: DownloadOptions,
): Promise<string> {
  const url = fileUrl(hub.endpoint, model, CONFIG_FILE)
  return withRetries(hub.limits, { ...options, length: () => 0 }, async () => {
    const response = await ask(hub, { url, resume: undefined, signal: options.signal })
    try {
      if (response.status !== 200) throw refusal(response, CONFIG_FILE)
      const chunks: Uint8Array[] = []
      let bytes = 0
      for await (const chunk of response.body(hub.limits, options.signal)) {
        bytes += chunk.length
        if (bytes > MAX_CONFIG_BYTES)
          throw new HubRefusalError(`The hub’s ${CONFIG_FILE} is too large for a GPT-2 configuration.`)
        chunks.push(chunk)
      }
      return new TextDecoder().decode(concatBytes(chunks))
    } finally {
      response.end()
    }
  })
}

type RetryOptions = Pick<DownloadOptions, 'signal' | 'onPause'> & {
  /** Bytes so far, which tell whether an attempt made progress. */
  readonly length: () => number
}

/** Repeats the attempt after each TransientHubError, as often and after such delays as the limits allow. */
async function withRetries<T>(
  { retries, progressBytes, firstDelayMs, longestDelayMs }: HubLimits,
  { signal, onPause, length }: RetryOptions,
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
  what: Pick<HubRequest, 'url' | 'resume' | 'signal'>,
): Promise<HubResponse> {
  return request({ ...what, token, answerMs: limits.answerMs })
}

function restOf({ length, etag }: GrowingFile): HubRequest['resume'] {
  return length === 0 ? undefined : { from: length, etag }
}

interface BodyTarget extends Pick<WeightsDownload, 'model' | 'partial'> {
  readonly restart: (etag: string | null) => Promise<void>
}

/** Prepares the partial file for the body that follows these headers; throws if the body cannot be used. */
async function beginBody(response: HubResponse, { model, partial, restart }: BodyTarget): Promise<void> {
  const etag = strongEtag(response.header('etag'))
  switch (response.status) {
    case 200: {
      const length = response.header('content-length')
      if (length !== undefined && Number(length) !== model.bytes) throw otherLength(Number(length), model)
      return restart(etag)
    }
    case 206: {
      const range = response.header('content-range')
      const numbers = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(range ?? '')
      const total = numbers?.[2] ?? '*'
      if (total !== '*' && Number(total) !== model.bytes) throw otherLength(Number(total), model)
      const hasChanged = partial.etag !== null && etag !== null && etag !== partial.etag
      // Few hubs expose Content-Range to pages of other origins; Content-Length is always readable.
      const isRest =
        range === undefined
          ? Number(response.header('content-length')) === model.bytes - partial.length
          : Number(numbers?.[1]) === partial.length
      if (!hasChanged && partial.length > 0 && isRest) return
      await restart(null)
      throw new TransientHubError(
        hasChanged ? 'the hub’s file has changed' : 'the hub sent another range than the requested one',
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

/** Null for a weak validator, which does not guarantee the same bytes. */
function strongEtag(etag: string | undefined): string | null {
  return etag !== undefined && etag.startsWith('"') ? etag : null
}

/** The error for a status that is not a success: transient if a retry may help. */
function refusal(response: HubResponse, file: string): Error {
  const { status } = response
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    const retryAfterMs = parseRetryAfter(response.header('retry-after'), Date.now())
    return new TransientHubError(`the hub is busy (HTTP ${status})`, 'hub', { retryAfterMs })
  }
  if (status === 401 || status === 403) {
    return new HubRefusalError(
      `The hub requires a token for ${file} (HTTP ${status}): set one with Logitscope: Set Hub Token.`,
    )
  }
  if (status === 404)
    return new HubRefusalError(
      `The hub has no ${file} at this address (HTTP 404). Check the setting logitscope.hubEndpoint.`,
    )
  return new HubRefusalError(`The hub refused ${file} (HTTP ${status}).`)
}

/** Exact numbers: rounded ones may be equal. */
function otherLength(bytes: number, model: PinnedModel): PinnedFileError {
  return wrongLength(`${formatCount(bytes)} bytes instead of ${formatCount(model.bytes)}`)
}

function wrongLength(length: string): PinnedFileError {
  return new PinnedFileError(`The hub’s ${WEIGHTS_FILE} is not the pinned file: it has ${length}.`)
}
