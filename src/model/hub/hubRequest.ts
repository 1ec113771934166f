// VS Code patches `http.get` and `https.get` on the modules' default exports to apply its proxy settings. Named imports
// would keep the unpatched functions.

import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { CancelledError } from '../../shared/errors'
import { bodyChunks } from './bodyChunks'
import type { HubRequest, HubResponse } from './hubTransport'
import { isRedirect, MAX_REDIRECTS, redirected, tooManyRedirects } from './redirects'
import { TransientHubError } from './transientHubError'

/**
 * Requests a file through Node and follows redirects.
 * @throws TransientHubError if there is no response, HubRefusalError if a redirect leads to an unsafe address,
 * CancelledError
 */
export async function requestHub(request: HubRequest): Promise<HubResponse> {
  let { url } = request
  let mayHaveToken = true
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    mayHaveToken &&= url.origin === request.url.origin
    const response = await get(request, url, mayHaveToken)
    const { location } = response.headers
    if (!isRedirect(response.statusCode ?? 0) || location === undefined) return hubResponse(response)
    response.destroy()
    url = redirected(url, location)
  }
  throw tooManyRedirects()
}

function hubResponse(response: IncomingMessage): HubResponse {
  return {
    status: response.statusCode ?? 0,
    header: (name) => {
      const value = response.headers[name]
      return Array.isArray(value) ? value.join(', ') : value
    },
    body: (limits, signal) => bodyChunks(response, limits, signal),
    end: () => {
      response.destroy()
    },
  }
}

function get(
  { token, resume, answerMs, signal }: HubRequest,
  url: URL,
  mayHaveToken: boolean,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const authorization = token !== undefined && mayHaveToken ? { authorization: `Bearer ${token}` } : {}
    const range = resume === undefined ? {} : { range: `bytes=${resume.from}-` }
    const condition = typeof resume?.etag === 'string' ? { 'if-range': resume.etag } : {}
    // A compressed body would have other bytes than the file.
    const plain = { 'user-agent': 'logitscope', 'accept-encoding': 'identity' }
    const client = url.protocol === 'https:' ? https : http
    const request = client.get(url, { headers: { ...plain, ...authorization, ...range, ...condition } })
    const cancel = () => request.destroy(new CancelledError())
    const limit = setTimeout(() => {
      request.destroy(new Error(`no answer within ${answerMs / 1000} s`))
    }, answerMs)
    signal.addEventListener('abort', cancel)
    request.once('response', (response) => {
      clearTimeout(limit)
      resolve(response)
    })
    request.once('close', () => {
      clearTimeout(limit)
      signal.removeEventListener('abort', cancel)
    })
    request.on('error', (cause) => {
      reject(
        signal.aborted
          ? new CancelledError()
          : new TransientHubError(`no connection to ${url.host}`, 'connection', { cause }),
      )
    })
    if (signal.aborted) cancel()
  })
}
