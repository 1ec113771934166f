// Our engine compared to ONNX Runtime and @huggingface/transformers, on seeded weights of GPT-2's size. All candidates
// have the same weights and number of threads, and each runs in its own process.

import { open, readFile, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { elementAt } from '../src/shared/elementAt'
import type { Method } from './fullSize/candidate'
import { CandidateClient } from './fullSize/candidateClient'
import { peerFolderOf } from './fullSize/peerFolder'
import { cachedSeededGpt2, GPT2_124M } from './fullSize/seededGpt2'
import { seededValues } from './fullSize/seededValues'
import { benchArguments, type Comparison, millisecondsOf } from './measure'

const { bundle, repository, resultsFile } = benchArguments()
const REPETITIONS = 3
const COLD_STARTS = 3
const MEGABYTE = 1e6

const modelFolder = await cachedSeededGpt2(join(repository, '.cache', 'models'), 'gpt2-124m', {
  config: GPT2_124M,
  type: 'F32',
})
const weightsFile = join(modelFolder, 'model.safetensors')
const settings = {
  modelFolder,
  standardFolder: await peerFolderOf(modelFolder),
  assetsFolder: join(repository, 'dist'),
  peersFolder: join(repository, '.cache', 'peers'),
  chromium: process.env.LOGITSCOPE_CHROMIUM ?? '',
  threads: availableParallelism(),
}
const script = join(bundle, '..', 'fullSize', 'candidateProcess.mjs')
const weightBytes = (await readFile(weightsFile)).length
const results: Comparison[] = []
let texts = 0

await coldStart()
await memory()
const ours = await started('ours')
const int8 = await started('oursInt8')
const oneChunk = await started('oursInOneStep')
const web = await started('onnxRuntimeWeb')
const native = await started('onnxRuntimeNode')
const transformers = await started('transformersNative')
const inChromium = await started('transformersInChromium')

for (const length of [32, 128, 512, 1024]) {
  const label = `${length.toLocaleString('en')} tokens`
  const [inFp32, ...others] = await inTurns(length, [
    [ours, 'inspect'],
    [web, 'logits'],
    [web, 'inspect'],
    [native, 'logits'],
    [native, 'inspect'],
    [transformers, 'inspect'],
    [inChromium, 'inspect'],
    [oneChunk, 'inspect'],
    [int8, 'inspect'],
  ])
  const rivals = [
    'onnxruntime-web, full logits only',
    'onnxruntime-web, whole job (one step, reductions in JavaScript, one graph)',
    'onnxruntime-node, full logits only',
    'onnxruntime-node, whole job',
    '@huggingface/transformers in Node (native), whole job',
    '@huggingface/transformers in Chromium (WASM), whole job',
    'ours in one step',
  ]
  const inInt8 = elementAt(others, rivals.length)
  for (const [i, rival] of rivals.entries())
    results.push({ name: `${label}: ${rival}`, unit: 'ms', ours: inFp32, against: elementAt(others, i) })
  results.push({ name: `${label}, int8: ours in fp32`, unit: 'ms', ours: inInt8, against: inFp32 })
  for (const i of [4, 5])
    results.push({
      name: `${label}, int8: ${rivals[i]}`,
      unit: 'ms',
      ours: inInt8,
      against: elementAt(others, i),
    })
}
results.push(await appended(), await edited(), await generated())
for (const client of [ours, int8, oneChunk, web, native, transformers, inChromium]) client.end()
await writeFile(resultsFile, JSON.stringify(results))

/** Start of the worker, loading and first prediction in a new process, compared to reading the same bytes. */
async function coldStart(): Promise<void> {
  const reading: number[] = []
  const inFp32: number[] = []
  const inInt8: number[] = []
  // The first load creates the int8 file; later ones read it.
  await firstPrediction('oursInt8')
  for (let turn = 0; turn < COLD_STARTS; turn++) {
    reading.push(await millisecondsOf(readWeights))
    inFp32.push(await firstPrediction('ours'))
    inInt8.push(await firstPrediction('oursInt8'))
  }
  const name = 'cold start to the first prediction'
  results.push(
    { name: `${name}: reading the file`, unit: 'ms', ours: inFp32, against: reading },
    { name: `${name}, int8: ours in fp32`, unit: 'ms', ours: inInt8, against: inFp32 },
  )
}

async function firstPrediction(name: string): Promise<number> {
  const client = new CandidateClient(script)
  const load = await client.load({ ...settings, name })
  const first = await client.run('inspect', text(4))
  client.end()
  return load + first
}

/** Memory of new processes: Node, the runtime and its threads, the weights, and the memory of a run. */
async function memory(): Promise<void> {
  const [shorter, longer, inInt8, web] = [
    await peakOf('ours', 512),
    await peakOf('ours', 1024),
    await peakOf('oursInt8', 1024),
    await peakOf('onnxRuntimeWeb', 512),
  ]
  results.push(
    megabytes('memory once loaded: onnxruntime-web, full logits', shorter.loaded, web.loaded),
    megabytes(
      '512 tokens, peak above the weights: onnxruntime-web, full logits',
      shorter.peak - weightBytes,
      web.peak - weightBytes,
    ),
    megabytes('1,024 tokens, peak: weights + 500 MB', longer.peak, weightBytes + 500 * MEGABYTE),
    megabytes('memory once loaded, int8: ours in fp32', inInt8.loaded, longer.loaded),
    megabytes('1,024 tokens, peak, int8: ours in fp32', inInt8.peak, longer.peak),
  )
}

async function peakOf(name: string, length: number): Promise<{ loaded: number; peak: number }> {
  const client = await started(name)
  const loaded = client.resident
  await client.run(name.startsWith('ours') ? 'inspect' : 'logits', text(length))
  client.end()
  return { loaded, peak: client.peak }
}

async function readWeights(): Promise<void> {
  const file = await open(weightsFile)
  try {
    const bytes = new Uint8Array(weightBytes)
    for (let filled = 0; filled < bytes.length;)
      filled += (await file.read(bytes, filled, bytes.length - filled, filled)).bytesRead
  } finally {
    await file.close()
  }
}

/** Scoring one token appended to 512, compared to scoring 512. */
async function appended(): Promise<Comparison> {
  const times = { ours: [] as number[], against: [] as number[] }
  for (let turn = 0; turn < REPETITIONS; turn++) {
    const tokens = text(513)
    times.against.push(await ours.run('inspect', tokens.slice(0, 512)))
    times.ours.push(await ours.run('inspectLast', tokens))
  }
  return { name: 'one token appended to 512: all 512 tokens', unit: 'ms', ...times }
}

/** Scoring the second half of 1,024 tokens after an edit at its start, compared to scoring all; 0.5 is ideal. */
async function edited(): Promise<Comparison> {
  const times = { ours: [] as number[], against: [] as number[] }
  for (let turn = 0; turn < REPETITIONS; turn++) {
    const tokens = text(1024)
    times.against.push(await ours.run('inspect', tokens))
    times.ours.push(
      await ours.run('inspectSecondHalf', tokens.with(512, (elementAt(tokens, 512) + 1) % 50256)),
    )
  }
  return { name: 'an edit in the middle of 1,024: all 1,024 tokens', unit: 'ms', ...times }
}

async function generated(): Promise<Comparison> {
  const [oursMs, transformersMs] = await inTurns(128, [
    [ours, 'generate'],
    [transformers, 'generate'],
  ])
  return {
    name: '32 tokens generated after 128: @huggingface/transformers in Node (native)',
    unit: 'ms',
    ours: oursMs,
    against: transformersMs,
  }
}

type Job = readonly [CandidateClient, Method]

/** Milliseconds of each job in every repetition. The jobs alternate; a first turn is a warm-up. */
async function inTurns<const Jobs extends readonly Job[]>(
  length: number,
  jobs: Jobs,
): Promise<{ [I in keyof Jobs]: number[] }> {
  const timed = jobs.map(([client, method]) => ({ client, method, times: [] as number[] }))
  for (let turn = 0; turn <= REPETITIONS; turn++) {
    for (const { client, method, times } of timed) {
      const ms = await client.run(method, text(length))
      if (turn > 0) times.push(ms)
    }
  }
  // `map` keeps the length of a tuple, but its type does not.
  return timed.map(({ times }) => times) as { [I in keyof Jobs]: number[] }
}

async function started(name: string): Promise<CandidateClient> {
  const client = new CandidateClient(script)
  await client.load({ ...settings, name })
  return client
}

function megabytes(name: string, ours: number, against: number): Comparison {
  return { name, unit: 'MB', ours: [ours / MEGABYTE], against: [against / MEGABYTE] }
}

/** New tokens at every call, so that no candidate has them in a cache. */
function text(length: number): number[] {
  const value = seededValues(`text ${texts++}`)
  return Array.from({ length }, (_, i) => Math.floor(Math.abs(value(i)) * 16_000))
}
