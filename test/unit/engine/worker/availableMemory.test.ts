import { freemem, totalmem } from 'node:os'
import { expect, it } from 'vitest'
import {
  availableMemory,
  besideModels,
  type MachineMemory,
} from '../../../../src/engine/worker/availableMemory'
import { MINI } from '../../../support/texts/samples'

const GB = 1e9
const LINUX: MachineMemory = { platform: 'linux', free: 6 * GB, total: 16 * GB, limit: 0 }

it.each<[string, Partial<MachineMemory>, number]>([
  ['the free memory', {}, 6 * GB],
  ['the limit of a container with less', { limit: 2 * GB }, 2 * GB],
  ['the free memory in a container with a higher limit', { limit: 8 * GB }, 6 * GB],
  ['all memory on macOS, which fills free memory with files', { platform: 'darwin' }, 16 * GB],
])('A model can use %s', (_, machine, expected) => {
  expect(availableMemory({ ...LINUX, ...machine })).toBe(expected)
})

it('A second model can also use the memory that the one before it frees', () => {
  const unloaded = { ...MINI, parameters: 1e9, precision: 'fp32' } as const

  expect(besideModels({ own: MINI, unloaded }, 2 * GB).freeBytes).toBe(6 * GB)
})

it('The memory of this machine is known', () => {
  const available = availableMemory()

  expect(available).toBeGreaterThan(0)
  expect(available).toBeLessThanOrEqual(Math.max(freemem(), totalmem()))
})
