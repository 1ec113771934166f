// The process of one candidate: runs commands received over IPC, and answers with their duration and its memory.

import { readFile } from 'node:fs/promises'
import type { Candidate, CandidateSettings, Method } from './candidate'
import { onnxRuntimeNode, onnxRuntimeWeb } from './candidates/onnxRuntime'
import { ours, oursInt8 } from './candidates/ours'
import { oursInOneStep } from './candidates/oursInOneStep'
import { transformersInChromium } from './candidates/transformersInChromium'
import { transformersNative } from './candidates/transformersNative'

export type Command =
  | { readonly kind: 'load'; readonly settings: CandidateSettings }
  | { readonly kind: 'run'; readonly method: Method; readonly tokenIds: readonly number[] }

export interface Answer {
  readonly ms: number
  /** Resident bytes of this process. */
  readonly resident: number
  /** The largest resident size of this process, in bytes. */
  readonly peak: number
  readonly failure?: string
}

const CANDIDATES: Record<string, (settings: CandidateSettings) => Promise<Candidate>> = {
  ours,
  oursInt8,
  oursInOneStep,
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
    await run(command)
  } catch (error) {
    return { ms: 0, resident: 0, peak: 0, failure: error instanceof Error ? error.stack : String(error) }
  }
  const ms = performance.now() - started
  return { ms, resident: await memory('VmRSS'), peak: await memory('VmHWM') }
}

async function run(command: Command): Promise<void> {
  if (command.kind === 'load') {
    const load = CANDIDATES[command.settings.name]
    if (load === undefined) throw new Error(`unknown candidate ${command.settings.name}`)
    candidate = await load(command.settings)
    return
  }
  const method = candidate?.methods[command.method]
  if (method === undefined) throw new Error(`the candidate has no method ${command.method}`)
  await method(Int32Array.from(command.tokenIds))
}

/** Bytes; NaN on systems without /proc. */
async function memory(field: 'VmRSS' | 'VmHWM'): Promise<number> {
  try {
    const status = await readFile('/proc/self/status', 'utf8')
    return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024
  } catch {
    return NaN
  }
}
