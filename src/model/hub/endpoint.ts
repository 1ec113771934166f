import { InvalidEndpointError } from '../../shared/errors'
import type { PinnedModel } from '../registry'

export const DEFAULT_ENDPOINT = 'https://huggingface.co'

/**
 * Where models are downloaded from: an HTTPS address, or a plain one on this machine.
 * @throws InvalidEndpointError
 */
export function parseEndpoint(setting: string): URL {
  const url = URL.canParse(setting) ? new URL(setting) : undefined
  if (
    url === undefined ||
    !isSafeAddress(url) ||
    url.username !== '' ||
    url.search !== '' ||
    url.hash !== ''
  ) {
    throw new InvalidEndpointError(
      `The hub’s address is “${setting}”; it must be an https:// address, or http:// on this machine.`,
    )
  }
  return url
}

/** The address of a file of the model’s revision. */
export function fileUrl(endpoint: URL, { repository, revision }: PinnedModel, file: string): URL {
  const base = endpoint.href.replace(/\/+$/, '')
  return new URL(`${base}/${repository}/resolve/${revision}/${file}`)
}

/** What is fetched over plain HTTP could be anybody’s, unless it comes from this very machine. */
export function isSafeAddress({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}
