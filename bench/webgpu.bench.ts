// The engine on WebGPU compared to the same engine on WASM, both in workers of one browser, on the embedded model. The
// adapter is software, so the times say nothing about a GPU. The counts are the same on every adapter; they are compared
// to those of the design.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RpcClient } from '../src/shared/rpc'
import { startWebGpuHarness } from '../test/support/engine/webGpuHarness'
import type { WorkerMethods } from '../test/support/engine/workerUnderTest'
import { benchArguments, type Comparison, compare, type Contest } from './measure'

const { repository, resultsFile } = benchArguments()
const REPETITIONS = 3
const TOKENS = 64

type Worker = RpcClient<WorkerMethods>

const browser = await startWebGpuHarness(repository)
try {
  const onGpu = await load('webgpu')
  const onWasm = await load('wasm')
  const results: Comparison[] = []
  for (const contest of [wholeText(onGpu, onWasm), oneMoreToken(onGpu, onWasm)])
    results.push(await compare(contest, REPETITIONS))
  results.push(...(await counts()))
  await writeFile(resultsFile, JSON.stringify(results))
} finally {
  await browser.close()
}

async function load(backend: 'webgpu' | 'wasm'): Promise<Worker> {
  const { client } = await browser.open(join(repository, 'media/models/mini'))
  await client.call('load', { backend })
  return client
}

function wholeText(onGpu: Worker, onWasm: Worker): Contest {
  const cold = async (worker: Worker) => {
    await worker.call('freshEngine', {})
    await score(worker, tokens(TOKENS), 0)
  }
  return { name: `${TOKENS} tokens, top 10`, ours: () => cold(onGpu), against: () => cold(onWasm) }
}

function oneMoreToken(onGpu: Worker, onWasm: Worker): Contest {
  let last = 0
  const more = (worker: Worker) => score(worker, Int32Array.of(...tokens(TOKENS), last++), TOKENS)
  return { name: `one more after ${TOKENS}`, ours: () => more(onGpu), against: () => more(onWasm) }
}

/** Counts of one step over a whole text. */
async function counts(): Promise<Comparison[]> {
  const { client } = await browser.open(join(repository, 'media/models/mini'))
  await client.call('load', { recordPlacements: true })
  await client.call('counts', undefined)
  await score(client, tokens(TOKENS), 0)
  const { uploads, downloads, downloadedBytes } = await client.call('counts', undefined)
  const { onCpu } = await client.call('placements', undefined)
  const count = (name: string, ours: number, against: number): Comparison => ({
    name,
    unit: '',
    ours: [ours],
    against: [against],
  })
  return [
    count('tensors uploaded in a step', uploads, 6),
    count('tensors read back in a step', downloads, 2),
    count('bytes read back in a step', downloadedBytes, TOKENS * (1 + 4 + 2 * 10) * 4),
    count('operators on the CPU', onCpu.length, 0),
  ]
}

function score(worker: Worker, tokenIds: Int32Array, firstRow: number): Promise<unknown> {
  const targets = tokenIds.subarray(firstRow)
  return worker.call('score', { tokenIds, firstRow, targets, topK: 10, temperature: 1, priority: 'bulk' })
}

function tokens(length: number): Int32Array {
  return Int32Array.from({ length }, (_, i) => (i * 7919) % 50257)
}
