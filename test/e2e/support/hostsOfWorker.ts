import { inject } from 'vitest'
import { elementAt } from '../../../src/shared/elementAt'
import type { Hosts } from './hosts'

/** The hosts of the worker that runs this file. Vitest counts its workers from 1. */
export function hostsOfWorker(): Hosts {
  return elementAt(inject('hosts'), Number(process.env.VITEST_POOL_ID) - 1)
}
