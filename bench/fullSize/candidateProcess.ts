// The process of one candidate: runs commands received over IPC, and answers with their duration and its memory.

import type { Candidate, CandidateSettings, Method } from './candidate'
import { onnxRuntimeNode, onnxRuntimeWeb } from './candidates/onnxRuntime'
import { native, nativeInt8, ours, oursInt8 } from './candidates/ours'
import { nativeInLongSteps, nativeInt8InLongSteps, oursInOneStep } from './candidates/oursInSteps'
import { transformersInChromium } from './candidates/transformersInChromium'
import { transformersNative, transformersNativeQ8 } from './candidates/transformersNative'
import { type ProcessMemory, processMemory } from './processMemory'

export type Command =
  | { readonly kind: 'load'; readonly settings: CandidateSettings }
  | { readonly kind: 'run'; readonly method: Method; readonly tokenIds: readonly number[] }

export type Answer =
  | { readonly kind: 'done'; readonly ms: number; readonly memory: ProcessMemory }
  | { readonly kind: 'failed'; readonly reason: string }

const CANDIDATES: Record<string, (settings: CandidateSettings) => Promise<Candidate>> = {
  ours,
  oursInt8,
  oursInOneStep,
  native,
  nativeInt8,
  nativeInLongSteps,
  nativeInt8InLongSteps,
  onnxRuntimeWeb,
  onnxRuntimeNode,
  transformersNative,
  transformersNativeQ8,
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
    return { kind: 'failed', reason: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
  const ms = performance.now() - started
  return { kind: 'done', ms, memory: await processMemory(candidate?.pid ?? process.pid) }
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
