// The latencies of the editor's features on a fixed document of about 1,000 tokens, compared to the same work without
// the cache: on a text that is shifted in all of its windows, so that no cached row matches. Debounce times and VS
// Code's rendering are not included.

import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { createEngine, type EngineWorker } from '../src/engine/client/engineHandle'
import { defaultThreads } from '../src/engine/contract/engineOptions'
import { spawnProcess } from '../src/engine/client/spawn/spawnProcess'
import { spawnWorker } from '../src/engine/client/spawn/spawnWorker'
import { locateModel } from '../src/model/folder/locateModel'
import { DEFAULT_MODEL_ID } from '../src/shared/contracts/engine/prediction'
import { complete } from '../src/prediction/live/completion'
import { LiveScores } from '../src/prediction/live/liveScores'
import { predictPlace } from '../src/prediction/live/placePrediction'
import { PredictionService } from '../src/prediction/windows/predictionService'
import { benchArguments, type Comparison, compare, type Contest } from './measure'

const { repository, resultsFile } = benchArguments()
const REPETITIONS = 9
/** UTF-16 units of a screen of code. */
const VISIBLE_UNITS = 1600
/** So often in the text before the cursor that the model repeats it after every shift of the text. */
const REPEATED_LINE = '  total += Number.isFinite(value) ? value : 0\n'
const LINE_REPEATS = 12

const { signal } = new AbortController()
const text = await readFile(join(repository, 'bench', 'interactive', 'document.txt'), 'utf8')
let serial = 0

const results: Comparison[] = []
const nativeLibrary = join(repository, 'native', 'dist', 'onnxruntime.cjs')
// There is no native library for some machines.
for (const backend of existsSync(nativeLibrary) ? (['wasm', 'native'] as const) : (['wasm'] as const)) {
  const engine = createEngine(() => spawnEngine(backend))
  const service = new PredictionService(engine.api)
  for (const contest of [
    keystroke(service),
    await ghostText(service),
    hoverCached(service),
    hoverCold(service),
  ])
    results.push(await compare({ ...contest, name: `${backend}: ${contest.name}` }, REPETITIONS))
  await engine.dispose()
}
await writeFile(resultsFile, JSON.stringify(results))

/** The engine as the extension runs it. */
function spawnEngine(backend: 'wasm' | 'native'): EngineWorker {
  const options = {
    model: locateModel(DEFAULT_MODEL_ID, {
      embedded: join(repository, 'media', 'models'),
      store: undefined,
      howToGet: '',
    }),
    precision: 'fp32' as const,
    threads: defaultThreads(availableParallelism()),
    assetsFolder: join(repository, 'dist'),
  }
  return backend === 'wasm'
    ? spawnWorker({ ...options, backend })
    : spawnProcess({ ...options, backend, nativeLibrary })
}

/** Types a letter one screen above the end, and waits for the new colours of the visible text. */
function keystroke(service: PredictionService): Contest {
  const cursor = text.length - VISIBLE_UNITS
  const visible = { start: cursor - VISIBLE_UNITS / 2, end: cursor + VISIBLE_UNITS / 2 }
  const live = new LiveScores(service, true)
  let typed = text
  return {
    name: 'keystroke → new colours',
    ours: async () => {
      live.edit([{ rangeOffset: cursor, rangeLength: 0, text: 'x' }])
      typed = `${typed.slice(0, cursor)}x${typed.slice(cursor)}`
      await live.update(typed, signal)
      await live.score(visible, { signal })
    },
    against: async () => {
      const scratch = new LiveScores(service, true)
      const fresh = unseen(typed)
      await scratch.update(fresh, signal)
      await scratch.score(visible, { signal })
    },
  }
}

/** Completes the line at the end of a text that the heatmap has scored. Both sides generate the same tokens. */
async function ghostText(service: PredictionService): Promise<Contest> {
  const beforeCursor = `${text}\n${REPEATED_LINE.repeat(LINE_REPEATS)}`
  const expected = await completionOf(service, unseen(beforeCursor))
  const expectCompletion = async (whole: string) => {
    const tokenIds = await completionOf(service, whole)
    if (tokenIds.join() !== expected.join()) throw new Error('The two sides generated different tokens.')
  }
  let scored = ''
  return {
    name: 'trigger → ghost text, a line',
    tokens: expected.length,
    prepareOurs: async () => {
      scored = unseen(beforeCursor)
      const live = new LiveScores(service, true)
      await live.update(scored, signal)
      await live.score({ start: scored.length - VISIBLE_UNITS, end: scored.length }, { signal })
    },
    ours: () => expectCompletion(scored),
    against: () => expectCompletion(unseen(beforeCursor)),
  }
}

/** The tokens of the most likely line after a text. */
async function completionOf(service: PredictionService, whole: string): Promise<Int32Array> {
  const completion = await complete(
    service,
    {
      text: whole,
      startToken: true,
      candidates: 1,
      lines: 1,
      minProbability: 0,
      sampling: { temperature: 0, topK: 0, topP: 1, minP: 0 },
      seed: 1,
    },
    signal,
  )
  const best = completion?.candidates.at(0)
  if (best === undefined) throw new Error('The model generated no line.')
  return best.tokenIds
}

function hoverCached(service: PredictionService): Contest {
  const offset = text.length - VISIBLE_UNITS
  return {
    name: 'hover, document scored',
    ours: () => hover(service, text, offset),
    against: () => hover(service, unseen(text), offset),
  }
}

/** The first hover after an edit before it. */
function hoverCold(service: PredictionService): Contest {
  const offset = text.length - VISIBLE_UNITS
  return {
    name: 'hover, first after an edit before it',
    ours: () =>
      hover(service, `${text.slice(0, offset - 100)}${serial++}${text.slice(offset - 100)}`, offset),
    against: () => hover(service, unseen(text), offset),
  }
}

function hover(service: PredictionService, whole: string, offset: number) {
  return predictPlace(service, { text: whole, offset, startToken: true, topK: 10 }, signal)
}

/** Shifts the text by one token more than the previous call, so that no cached row matches. */
function unseen(whole: string): string {
  return `//${' x'.repeat(++serial)}\n${whole}`
}
