// The cost of explaining and comparing, relative to the work it consists of, on the embedded model and on a seeded model of
// gpt2's size: an attribution against one more token, the lens against the LM head over all layers, and the comparison of
// two models against the inspection of one.

import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createEngine, type EngineWorker } from '../src/engine/client/engineHandle'
import { spawnProcess } from '../src/engine/client/spawn/spawnProcess'
import { spawnWorker } from '../src/engine/client/spawn/spawnWorker'
import { type EngineApi, type ModelLocation, NO_TARGET } from '../src/shared/contracts/engine/engineApi'
import { START_TOKEN_ID } from '../src/shared/contracts/engine/prediction'
import { cachedSeededGpt2, GPT2_124M } from './fullSize/seededGpt2'
import { benchArguments, type Comparison, compare, type Contest } from './measure'

const { repository, resultsFile } = benchArguments()
const REPETITIONS = 5
/** Two cores, as the other benchmarks of this size. */
const THREADS = 2
/** Tokens of the text, start token included. */
const LENGTH = 512
const LENS_ROWS = 64
const TOP_K = 10

const storage = 'logitscope'
const mini: ModelLocation = {
  id: 'mini',
  folder: join(repository, 'media', 'models', 'mini'),
  description: '',
  storage,
}
const seeded: ModelLocation = {
  id: '124M',
  folder: await cachedSeededGpt2(join(repository, '.cache', 'models'), 'gpt2-124m', {
    config: GPT2_124M,
    type: 'F32',
  }),
  description: '',
  storage,
}
const nativeLibrary = join(repository, 'native', 'dist', 'onnxruntime.cjs')
let serial = 0

const results: Comparison[] = []
const engines: [ModelLocation, 'wasm' | 'native'][] = [[mini, 'wasm']]
// There is no native library for some machines; on WASM the large model would take many minutes.
if (existsSync(nativeLibrary)) engines.push([mini, 'native'], [seeded, 'native'])
for (const [model, backend] of engines) {
  const engine = createEngine(() => spawnEngine(model, backend))
  const { nLayer } = await engine.api.model(undefined)
  for (const contest of [
    attribution(engine.api),
    lensAgain(engine.api, nLayer),
    firstLens(engine.api),
    comparison(engine.api, model),
  ]) {
    const name = `${backend}, ${model.id}: ${contest.name}`
    results.push(await compare({ ...contest, name }, REPETITIONS))
  }
  await engine.dispose()
}
await writeFile(resultsFile, JSON.stringify(results))

function spawnEngine(model: ModelLocation, backend: 'wasm' | 'native'): EngineWorker {
  const assetsFolder = join(repository, 'dist')
  const options = { model, precision: 'fp32', threads: THREADS, assetsFolder } as const
  return backend === 'wasm'
    ? spawnWorker({ ...options, backend })
    : spawnProcess({ ...options, backend, nativeLibrary })
}

/** A text that no cache has. */
function unseen(): Int32Array {
  const first = 1_000 + 7 * serial++
  return Int32Array.from({ length: LENGTH }, (_, i) =>
    i === 0 ? START_TOKEN_ID : first + ((i * 7_919) % 40_000),
  )
}

/** Why the token after 511 cached ones is predicted, against one more token after them. */
function attribution(engine: EngineApi): Contest {
  let tokenIds = unseen()
  return {
    name: 'attribution, 512 tokens: one more token',
    prepareOurs: async () => {
      tokenIds = unseen()
      await score(engine, tokenIds.subarray(0, -1), LENGTH - 2)
    },
    ours: () => engine.attribution({ tokenIds, tokenId: 11, contrast: { kind: 'token', tokenId: 13 } }),
    against: () => score(engine, tokenIds, LENGTH - 1),
  }
}

/** A second look at 64 rows, against the LM head over as many rows as they have layers. */
function lensAgain(engine: EngineApi, nLayer: number): Contest {
  const tokenIds = unseen()
  return {
    name: `lens of ${LENS_ROWS} rows again: ${nLayer + 1} times the LM head`,
    prepareOurs: () => lens(engine, tokenIds),
    ours: () => lens(engine, tokenIds),
    against: async () => {
      for (let layer = 0; layer <= nLayer; layer++) await score(engine, tokenIds, LENGTH - LENS_ROWS)
    },
  }
}

/** The first rows of the lens of an inspected text, against the whole lens. */
function firstLens(engine: EngineApi): Contest {
  let tokenIds = unseen()
  return {
    name: `lens, first rows of an inspected text: all ${LENS_ROWS} rows`,
    prepareOurs: async () => {
      tokenIds = unseen()
      await score(engine, tokenIds, 0)
    },
    ours: () => firstRowsOf(engine, tokenIds),
    against: () => lens(engine, tokenIds),
  }
}

/** Two models of the same size, against the inspection of one. The baseline is a model of the same files. */
function comparison(engine: EngineApi, location: ModelLocation): Contest {
  return {
    name: 'comparing two models, 512 tokens: inspecting one',
    prepareOurs: () => engine.loadBaseline({ location, precision: 'fp32' }),
    ours: () => {
      const tokenIds = unseen()
      return engine.compare({
        tokenIds,
        firstRow: 0,
        targets: targetsOf(tokenIds, 0),
        topK: TOP_K,
        priority: 'bulk',
        baseline: { tokenIds, firstRow: 0, model: { location, precision: 'fp32' } },
      })
    },
    against: () => score(engine, unseen(), 0),
  }
}

function score(engine: EngineApi, tokenIds: Int32Array, firstRow: number): Promise<unknown> {
  return engine.score({
    tokenIds,
    firstRow,
    targets: targetsOf(tokenIds, firstRow),
    topK: TOP_K,
    temperature: 1,
    priority: 'bulk',
  })
}

function lens(engine: EngineApi, tokenIds: Int32Array): Promise<unknown> {
  return engine.lens(lensRequest(tokenIds))
}

/** Resolves when the first rows have arrived, and when the rest is cancelled. */
async function firstRowsOf(engine: EngineApi, tokenIds: Int32Array): Promise<void> {
  const controller = new AbortController()
  await new Promise<void>((resolve, reject) => {
    engine
      .lens(lensRequest(tokenIds), {
        signal: controller.signal,
        onProgress: () => {
          controller.abort()
          resolve()
        },
      })
      .catch((error: unknown) => {
        if (!controller.signal.aborted) reject(error instanceof Error ? error : new Error(String(error)))
      })
  })
}

function lensRequest(tokenIds: Int32Array) {
  const firstRow = LENGTH - LENS_ROWS
  const targets = targetsOf(tokenIds, firstRow)
  return { tokenIds, firstRow, endRow: LENGTH, targets, topK: TOP_K, priority: 'interactive' } as const
}

/** The token that follows each row from `firstRow` on. */
function targetsOf(tokenIds: Int32Array, firstRow: number): Int32Array {
  return Int32Array.of(...tokenIds.subarray(firstRow + 1), NO_TARGET)
}
