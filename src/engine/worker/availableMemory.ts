import { freemem, totalmem } from 'node:os'
import { weightMemoryBytes } from '../../shared/text/modelText'
import type { MemoryLimits } from '../inference/memoryLimits'
import type { ModelsInMemory } from './engine'

/** The known sizes of the machine's memory, in bytes. */
export interface MachineMemory {
  readonly platform: NodeJS.Platform
  readonly free: number
  readonly total: number
  /** The limit of the container; 0 without one. */
  readonly limit: number
}

/**
 * Bytes that a model can still use. On macOS it is all of the memory: what counts as free there does not include the files
 * in memory that the system drops when a program needs the space.
 */
export function availableMemory(machine: MachineMemory = thisMachine()): number {
  const { platform, free, total, limit } = machine
  const available = platform === 'darwin' ? total : free
  return limit > 0 ? Math.min(available, limit) : available
}

/** The memory limits of a second model: the model that it must fit beside, and the free bytes. */
export function besideModels(
  { own, unloaded }: ModelsInMemory,
  available = availableMemory(),
): Omit<MemoryLimits, 'backend'> {
  const unloadedBytes = unloaded === undefined ? 0 : weightMemoryBytes(unloaded, unloaded.precision)
  return { beside: own, freeBytes: available + unloadedBytes }
}

function thisMachine(): MachineMemory {
  return {
    platform: process.platform,
    free: freemem(),
    total: totalmem(),
    limit: process.constrainedMemory(),
  }
}
