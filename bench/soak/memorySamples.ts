import type { Comparison } from '../measure'
import type { ObservedEngine, ThreadMemory } from './observedEngine'

/** Bytes. */
export interface MemorySample {
  /** Number of inspections before the sample. */
  readonly inspections: number
  readonly process: number
  readonly hostHeap: number
  readonly hostArrayBuffers: number
  readonly thread: ThreadMemory
}

const BYTES_PER_MB = 1e6

export async function sampleMemory(inspections: number, engine: ObservedEngine): Promise<MemorySample> {
  const thread = await engine.memory()
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage()
  return { inspections, process: rss, hostHeap: heapUsed, hostArrayBuffers: arrayBuffers, thread }
}

/** The memory after two spans of inspections, part by part. */
export function compareMemory(
  name: string,
  ours: readonly MemorySample[],
  against: readonly MemorySample[],
): Comparison[] {
  const parts: readonly (readonly [string, (sample: MemorySample) => number])[] = [
    ['process', ({ process }) => process],
    ['heap of the host’s thread', ({ hostHeap }) => hostHeap],
    ['ArrayBuffers of the host’s thread', ({ hostArrayBuffers }) => hostArrayBuffers],
    ['heap of the engine’s thread', ({ thread }) => thread.heapUsed],
    ['ArrayBuffers of the engine’s thread', ({ thread }) => thread.arrayBuffers],
    ['WASM memory', ({ thread }) => thread.wasm],
  ]
  return parts.map(([part, bytes]) => ({
    name: `${name}: ${part}`,
    unit: 'MB',
    ours: ours.map((sample) => bytes(sample) / BYTES_PER_MB),
    against: against.map((sample) => bytes(sample) / BYTES_PER_MB),
  }))
}

export function meanMegabytes(
  samples: readonly MemorySample[],
  bytes: (sample: MemorySample) => number,
): number {
  return samples.reduce((sum, sample) => sum + bytes(sample), 0) / samples.length / BYTES_PER_MB
}
