// Our engine on WASM compared to ONNX Runtime and @huggingface/transformers on WASM, on seeded weights of GPT-2's size.

import { stat } from 'node:fs/promises'
import { elementAt } from '../src/shared/elementAt'
import { FullSizeBench, megabytes } from './fullSize/fullSizeBench'
import type { Comparison } from './measure'

const bench = await FullSizeBench.prepare()
// The first load creates the int8 file; later ones read it.
await (await bench.started('oursInt8')).end()

const results: Comparison[] = [...(await coldStart()), ...(await memory())]
const ours = await bench.started('ours')
const int8 = await bench.started('oursInt8')
const oneChunk = await bench.started('oursInOneStep')
const web = await bench.started('onnxRuntimeWeb')
const inChromium = await bench.started('transformersInChromium')
for (const length of [32, 128, 512, 1024]) results.push(...(await inspected(length)))
results.push(await bench.appended('fp32', ours), await bench.edited('fp32', ours))
await bench.finish([ours, int8, oneChunk, web, inChromium], results)

async function coldStart(): Promise<Comparison[]> {
  const { reading, starts } = await bench.coldStarts(['ours', 'oursInt8'])
  const [inFp32, inInt8] = starts
  const name = 'cold start to the first prediction'
  return [
    { name: `${name}: reading the file`, unit: 'ms', ours: inFp32, against: reading },
    { name: `${name}, int8: ours in fp32`, unit: 'ms', ours: inInt8, against: inFp32 },
  ]
}

/** Memory of new processes: Node, the runtime and its threads, the weights, and the memory of a run. */
async function memory(): Promise<Comparison[]> {
  const { size: weightBytes } = await stat(bench.weightsFile)
  const shorter = await peakOf('ours', 512)
  const longer = await peakOf('ours', 1024)
  const inInt8 = await peakOf('oursInt8', 1024)
  const full = await peakOf('onnxRuntimeWeb', 512)
  return [
    megabytes('memory once loaded: onnxruntime-web, full logits', shorter.loaded, full.loaded),
    megabytes(
      '512 tokens, peak above the weights: onnxruntime-web, full logits',
      shorter.peak - weightBytes,
      full.peak - weightBytes,
    ),
    megabytes('1,024 tokens, peak: weights + 500 MB', longer.peak, weightBytes + 500e6),
    megabytes('memory once loaded, int8: ours in fp32', inInt8.loaded, longer.loaded),
    megabytes('1,024 tokens, peak, int8: ours in fp32', inInt8.peak, longer.peak),
  ]
}

async function peakOf(name: string, length: number): Promise<{ loaded: number; peak: number }> {
  const client = await bench.started(name)
  const loaded = client.memory.resident
  await client.run(name.startsWith('ours') ? 'inspect' : 'logits', bench.text(length))
  await client.end()
  return { loaded, peak: client.memory.peak }
}

async function inspected(length: number): Promise<Comparison[]> {
  const label = `${length.toLocaleString('en')} tokens`
  const [inFp32, inInt8, ...others] = await bench.inTurns(length, [
    [ours, 'inspect'],
    [int8, 'inspect'],
    [web, 'logits'],
    [web, 'inspect'],
    [inChromium, 'inspect'],
    [oneChunk, 'inspect'],
  ])
  const against = [
    'onnxruntime-web, full logits only',
    'onnxruntime-web, whole job (one step, reductions in JavaScript, one graph)',
    '@huggingface/transformers in Chromium, whole job',
    'ours in one step',
  ].map((name, i) => ({ name, times: elementAt(others, i) }))
  return [
    ...against.map(({ name, times }) => ({
      name: `${label}: ${name}`,
      unit: 'ms' as const,
      ours: inFp32,
      against: times,
    })),
    { name: `${label}, int8: ours in fp32`, unit: 'ms', ours: inInt8, against: inFp32 },
    {
      name: `${label}, int8: @huggingface/transformers in Chromium, whole job, in fp32`,
      unit: 'ms',
      ours: inInt8,
      against: others[2],
    },
  ]
}
