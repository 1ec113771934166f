// The process of one contestant: does what it is told over IPC, and says how long it took.

import { readFile } from 'node:fs/promises'
import type { Contestant, ContestantSettings, Method } from './contestant'
import { onnxRuntimeNode, onnxRuntimeWeb } from './contestants/onnxRuntime'
import { ours, oursInt8 } from './contestants/ours'
import { oursInOneChunk } from './contestants/oursInOneChunk'
import { transformersInChromium } from './contestants/transformersInChromium'
import { transformersNative } from './contestants/transformersNative'

export type Command =
  | { readonly kind: 'load'; readonly settings: ContestantSettings }
  | { readonly kind: 'run'; readonly method: Method; readonly tokenIds: readonly number[] }

export interface Answer {
  readonly ms: number
  /** Bytes, of this process. */
  readonly resident: number
  /** Bytes, the most that there ever were. */
  readonly peak: number
  readonly failure?: string
}

const CONTESTANTS: Record<string, (settings: ContestantSettings) => Promise<Contestant>> = {
  ours,
  oursInt8,
  oursInOneChunk,
  onnxRuntimeWeb,
  onnxRuntimeNode,
  transformersNative,
  transformersInChromium,
}

let contestant: Contestant | undefined

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
    contestant = await CONTESTANTS[command.settings.name](command.settings)
    return
  }
  const method = contestant?.methods[command.method]
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
