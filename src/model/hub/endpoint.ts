import { InvalidEndpointError } from '../../shared/errors'
import type { PinnedModel } from '../registry'

export const DEFAULT_ENDPOINT = 'https://huggingface.co'

/**
 * Parses the setting for the hub's address: https://, or http:// on this machine.
 * @throws InvalidEndpointError
 */
export function parseEndpoint(setting: string): URL {
  const url = URL.canParse(setting) ? new URL(setting) : undefined
  if (
    url === undefined ||
    !isSafeAddress(url) ||
    url.username !== '' ||
    url.password !== '' ||
    url.search !== '' ||
    url.hash !== ''
  ) {
    throw new InvalidEndpointError(
      `The hub’s address is “${setting}”; it must be an https:// address, or http:// on this machine.`,
    )
  }
  return url
}

/** The address of a file in the model’s pinned revision. */
export function fileUrl(endpoint: URL, { repository, revision }: PinnedModel, file: string): URL {
  const base = endpoint.href.replace(/\/+$/, '')
  return new URL(`${base}/${repository}/resolve/${revision}/${file}`)
}

/** Plain HTTP can be tampered with on the way, so it is safe only if the server is on this machine. */
export function isSafeAddress({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}
