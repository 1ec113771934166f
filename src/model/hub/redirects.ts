import { HubRefusalError } from '../../shared/errors'
import { isSafeAddress } from './endpoint'

/** More are a loop. The real hub redirects once, to a signed address of its CDN. */
export const MAX_REDIRECTS = 5
const REDIRECTS = [301, 302, 303, 307, 308]

export function isRedirect(status: number): boolean {
  return REDIRECTS.includes(status)
}

/**
 * The address that a redirect leads to. A remote hub must not redirect to a server that only this machine can reach.
 * @param location the header `Location`, absolute or relative to `from`
 * @throws HubRefusalError if it leads from HTTPS to HTTP, or to an unsafe address
 */
export function redirected(from: URL, location: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined
  const isDowngraded = from.protocol === 'https:' && to?.protocol !== 'https:'
  if (to === undefined || !isSafeAddress(to) || isDowngraded)
    throw new HubRefusalError(`The hub redirects to ${to?.origin ?? location}, which is not a safe address.`)
  return to
}

export function tooManyRedirects(): HubRefusalError {
  return new HubRefusalError(`The hub redirects more than ${MAX_REDIRECTS} times.`)
}
