// @ts-check
import { createServer } from 'node:net'

/** The address of a workbench. It is reachable from this machine only, because a workbench has no password. */
export const ADDRESS = '127.0.0.1'

/**
 * A port that no one listens on.
 *
 * @param {number} preferred used if it is free; 0 for any
 * @returns {Promise<number>}
 */
export function freePort(preferred) {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (error) => (preferred === 0 ? reject(error) : resolve(freePort(0))))
    probe.listen(preferred, ADDRESS, () => {
      const address = probe.address()
      const port = address !== null && typeof address === 'object' ? address.port : preferred
      probe.close(() => resolve(port))
    })
  })
}
