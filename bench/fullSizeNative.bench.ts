// Our engine on the native library compared to ONNX Runtime and @huggingface/transformers on theirs, on seeded weights of
// GPT-2's size.

import type { CandidateClient } from './fullSize/candidateClient'
import { FullSizeBench, megabytes } from './fullSize/fullSizeBench'
import type { Comparison } from './measure'

const FP32_PEER = '@huggingface/transformers in fp32'
const Q8_PEER = '@huggingface/transformers in q8'

const bench = await FullSizeBench.prepare()
// The first load creates the int8 file; later ones map it.
await (await bench.started('nativeInt8')).end()

const results: Comparison[] = [...(await coldStart()), ...(await memory()), await twoWindows()]
const fp32 = await bench.started('native')
const int8 = await bench.started('nativeInt8')
const fp32InLongSteps = await bench.started('nativeInLongSteps')
const int8InLongSteps = await bench.started('nativeInt8InLongSteps')
const onnxRuntime = await bench.started('onnxRuntimeNode')
const transformers = await bench.started('transformersNative')
const q8 = await bench.started('transformersNativeQ8')
const clients = [fp32, int8, fp32InLongSteps, int8InLongSteps, onnxRuntime, transformers, q8]
for (const length of [32, 128, 512, 1024]) results.push(...(await inspected(length)))
for (const [name, client] of [
  ['fp32', fp32],
  ['int8', int8],
] as const)
  results.push(await bench.appended(name, client), await bench.edited(name, client))
results.push(...(await generated()))
const wasm = await bench.started('ours')
const wasmInt8 = await bench.started('oursInt8')
results.push(...(await onWasm(wasm, wasmInt8)))
await bench.finish([...clients, wasm, wasmInt8], results)

async function coldStart(): Promise<Comparison[]> {
  const { reading, starts } = await bench.coldStarts([
    'native',
    'nativeInt8',
    'transformersNative',
    'transformersNativeQ8',
  ])
  const [inFp32, inInt8, peer, q8Peer] = starts
  const ms = milliseconds('cold start to the first prediction')
  return [
    ms('fp32: reading the file', inFp32, reading),
    ms(`fp32: ${FP32_PEER}`, inFp32, peer),
    ms('int8: reading the file in fp32', inInt8, reading),
    ms(`int8: ${Q8_PEER}`, inInt8, q8Peer),
  ]
}

/** Anonymous memory of the process that has the model; it is not that of mapped files. */
async function memory(): Promise<Comparison[]> {
  const inFp32 = await anonymousOf('native')
  const inInt8 = await anonymousOf('nativeInt8')
  const peer = await anonymousOf('transformersNative')
  const q8Peer = await anonymousOf('transformersNativeQ8')
  const loaded = 'anonymous memory once loaded'
  const inspecting = 'anonymous memory after inspecting 512 tokens'
  return [
    megabytes(`${loaded}, fp32: ${FP32_PEER}`, inFp32.loaded, peer.loaded),
    megabytes(`${loaded}, int8: ${Q8_PEER}`, inInt8.loaded, q8Peer.loaded),
    megabytes(`${inspecting}, fp32: ${FP32_PEER}`, inFp32.inspected, peer.inspected),
    megabytes(`${inspecting}, int8: ${Q8_PEER}`, inInt8.inspected, q8Peer.inspected),
  ]
}

async function anonymousOf(name: string): Promise<{ readonly loaded: number; readonly inspected: number }> {
  const client = await bench.started(name)
  const loaded = client.memory.anonymous
  await client.run('inspect', bench.text(512))
  const inspected = client.memory.anonymous
  await client.end()
  return { loaded, inspected }
}

/** The second window adds less than the first one takes, because both map the same files. */
async function twoWindows(): Promise<Comparison> {
  const first = await bench.started('native')
  await first.run('inspect', bench.text(512))
  const alone = first.memory.proportional
  const second = await bench.started('native')
  await second.run('inspect', bench.text(512))
  await first.run('inspect', bench.text(4))
  const both = first.memory.proportional + second.memory.proportional
  await Promise.all([first.end(), second.end()])
  return megabytes('two windows after inspecting 512 tokens, PSS, fp32: one window', both, alone)
}

async function inspected(length: number): Promise<Comparison[]> {
  const [inFp32, inLong, inInt8, int8InLong, logits, whole, peer, q8Peer] = await bench.inTurns(length, [
    [fp32, 'inspect'],
    [fp32InLongSteps, 'inspect'],
    [int8, 'inspect'],
    [int8InLongSteps, 'inspect'],
    [onnxRuntime, 'logits'],
    [onnxRuntime, 'inspect'],
    [transformers, 'inspect'],
    [q8, 'inspect'],
  ])
  const ms = milliseconds(`${length.toLocaleString('en')} tokens`)
  return [
    ms('fp32: onnxruntime-node, full logits only', inFp32, logits),
    ms('fp32: onnxruntime-node, whole job', inFp32, whole),
    ms(`fp32: ${FP32_PEER}`, inFp32, peer),
    ms(`fp32 in steps of 256: ${FP32_PEER}`, inLong, peer),
    ms(`int8: ${FP32_PEER}`, inInt8, peer),
    ms(`int8: ${Q8_PEER}`, inInt8, q8Peer),
    ms(`int8 in steps of 256: ${FP32_PEER}`, int8InLong, peer),
    ms(`int8 in steps of 256: ${Q8_PEER}`, int8InLong, q8Peer),
  ]
}

async function generated(): Promise<Comparison[]> {
  const [inFp32, inInt8, peer, q8Peer] = await bench.inTurns(128, [
    [fp32, 'generate'],
    [int8, 'generate'],
    [transformers, 'generate'],
    [q8, 'generate'],
  ])
  const ms = milliseconds('32 tokens generated after 128')
  return [ms(`fp32: ${FP32_PEER}`, inFp32, peer), ms(`int8: ${Q8_PEER}`, inInt8, q8Peer)]
}

async function onWasm(inFp32: CandidateClient, inInt8: CandidateClient): Promise<Comparison[]> {
  const [native, wasmMs, nativeInt8, wasmInt8Ms] = await bench.inTurns(512, [
    [fp32, 'inspect'],
    [inFp32, 'inspect'],
    [int8, 'inspect'],
    [inInt8, 'inspect'],
  ])
  const ms = milliseconds('512 tokens')
  return [ms('fp32: ours on WASM', native, wasmMs), ms('int8: ours on WASM', nativeInt8, wasmInt8Ms)]
}

function milliseconds(what: string) {
  return (name: string, ours: readonly number[], against: readonly number[]): Comparison => ({
    name: `${what}, ${name}`,
    unit: 'ms',
    ours,
    against,
  })
}
