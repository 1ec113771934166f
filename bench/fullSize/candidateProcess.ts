// The process of one candidate: does what it is told over IPC, and says how long it took.

import { readFile } from 'node:fs/promises'
import type { Candidate, CandidateSettings, Method } from './candidate'
import { onnxRuntimeNode, onnxRuntimeWeb } from './candidates/onnxRuntime'
import { ours, oursInt8 } from './candidates/ours'
import { oursInOneChunk } from './candidates/oursInOneChunk'
import { transformersInChromium } from './candidates/transformersInChromium'
import { transformersNative } from './candidates/transformersNative'

export type Command =
  | { readonly kind: 'load'; readonly settings: CandidateSettings }
  | { readonly kind: 'run'; readonly method: Method; readonly tokenIds: readonly number[] }

export interface Answer {
  readonly ms: number
  /** Bytes, of this process. */
  readonly resident: number
  /** Bytes, the most that there ever were. */
  readonly peak: number
  readonly failure?: string
}

const CONTESTANTS: Record<string, (settings: CandidateSettings) => Promise<Candidate>> = {
  ours,
  oursInt8,
  oursInOneChunk,
  onnxRuntimeWeb,
  onnxRuntimeNode,
  transformersNative,
  transformersInChromium,
}

let candidate: Candidate | undefined

process.on('message', (command: Command) => {
  void answer(command).then((reply) => process.send?.(reply))
})
process.on('disconnect', () => setTimeout(() => process.exit(), 1000))

async function answer(command: Command): Promise<Answer> {
  const started = performance.now()
  try {
    await obey(command)
  } catch (error) {
    return { ms: 0, resident: 0, peak: 0, failure: error instanceof Error ? error.stack : String(error) }
  }
  const ms = performance.now() - started
  return { ms, resident: await memory('VmRSS'), peak: await memory('VmHWM') }
}

async function obey(command: Command): Promise<void> {
  if (command.kind === 'load') {
    candidate = await CONTESTANTS[command.settings.name](command.settings)
    return
  }
  const method = candidate?.methods[command.method]
  if (method === undefined) throw new Error(`it has no ${command.method}`)
  await method(Int32Array.from(command.tokenIds))
}

/** Bytes; NaN where the system does not tell. */
async function memory(field: 'VmRSS' | 'VmHWM'): Promise<number> {
  try {
    const status = await readFile('/proc/self/status', 'utf8')
    return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024
  } catch {
    return NaN
  }
}
