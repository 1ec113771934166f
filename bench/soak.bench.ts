// A long day: 1,000 inspections of varied texts, with edits, completions, cancels in the middle of a request and
// restarts of the engine. At its end the memory must be steady, no handle or listener may be left, and the engine must
// give the answers of a fresh one; otherwise the exit code is not 0.

import { getEventListeners, setMaxListeners } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { createEngine } from '../src/engine/client/engineHandle'
import { spawnWorker } from '../src/engine/client/spawn/spawnWorker'
import { defaultThreads, type EngineOptions } from '../src/engine/contract/engineOptions'
import { locateModel } from '../src/model/folder/locateModel'
import { complete } from '../src/prediction/live/completion'
import { inspectText } from '../src/prediction/windows/inspectText'
import { LiveScores } from '../src/prediction/live/liveScores'
import { PredictionService } from '../src/prediction/windows/predictionService'
import { DEFAULT_MODEL_ID, type TokenScore } from '../src/shared/contracts/engine/prediction'
import { elementAt } from '../src/shared/elementAt'
import { CancelledError, EngineStoppedError } from '../src/shared/errors'
import { benchArguments, type Comparison } from './measure'
import { compareMemory, meanMegabytes, type MemorySample, sampleMemory } from './soak/memorySamples'
import { ObservedEngine } from './soak/observedEngine'
import { VariedTexts } from './soak/texts'

const INSPECTIONS = 1000
/** The last engine answers more than half of the inspections, so that a slow growth shows. */
const RESTARTS: readonly number[] = [100, 200, 300, 400]
const SAMPLE_EVERY = 25
const EDIT_EVERY = 5
const CANCEL_EVERY = 10
const COMPLETE_EVERY = 25
const REMEMBER_EVERY = 40
/** UTF-16 units of the document that is edited. */
const DOCUMENT_UNITS = 400
/** The growth of the process in the last quarter. Less is noise: garbage that is not collected yet. */
const MAX_GROWTH_MB = 32
/** The prefix cache of the embedded model holds 101 MB, the rest is garbage and the tokenizer's cache. */
const MAX_ARRAY_BUFFERS_MB = 150
/** The growth of the process over three restarts; freed memory of a thread may stay with the allocator. */
const MAX_RESTART_GROWTH_MB = 64
/** Of log-probabilities in nats: steps of other sizes add the same numbers in another order. */
const TOLERANCE = 2e-4

const { bundle, repository, resultsFile } = benchArguments()
const options: EngineOptions = {
  model: locateModel(DEFAULT_MODEL_ID, {
    embedded: join(repository, 'media', 'models'),
    store: undefined,
    howToGet: '',
  }),
  backend: 'wasm',
  precision: 'fp32',
  threads: defaultThreads(availableParallelism()),
  assetsFolder: join(repository, 'dist'),
}
const engine = new ObservedEngine(join(dirname(bundle), 'soak', 'observedThread.mjs'), options)
const service = new PredictionService(engine.handle.api)
const texts = await VariedTexts.of(repository)
/** One signal for all requests, so that a listener that stays on it is found. */
const { signal } = new AbortController()
setMaxListeners(0, signal)
const live = new LiveScores(service, true)
let document = texts.long().slice(0, DOCUMENT_UNITS)
const remembered: { readonly text: string; readonly logProbs: readonly number[] }[] = []
const samples: MemorySample[] = []
const faults: string[] = []

await inspect(texts.next())
const handlesAtStart = handles()
for (let count = 1; count <= INSPECTIONS; count++) {
  const text = texts.next()
  const logProbs = await inspect(text)
  if (count % REMEMBER_EVERY === 0) remembered.push({ text, logProbs })
  if (count % EDIT_EVERY === 0) await edit()
  if (count % CANCEL_EVERY === 0) await cancel()
  if (count % COMPLETE_EVERY === 0) await completeDocument()
  if (count % SAMPLE_EVERY === 0) samples.push(await sampleMemory(count, engine))
  if (RESTARTS.includes(count)) await restart()
}

const handlesAtEnd = handles()
await checkAnswers()
checkMemory()
const listeners = getEventListeners(signal, 'abort').length
if (listeners > 0) faults.push(`${listeners} listeners are left on the signal of the requests`)
if (handlesAtEnd.join() !== handlesAtStart.join())
  faults.push(`the handles are ${handlesAtEnd.join()}, at the start they were ${handlesAtStart.join()}`)
await engine.handle.dispose()
await writeFile(resultsFile, JSON.stringify(results()))
for (const fault of faults) console.error(`soak: ${fault}`)
if (faults.length > 0) process.exitCode = 1

async function inspect(text: string): Promise<number[]> {
  return logProbsOf(service, text)
}

/** The log-probability of each token of the text. */
async function logProbsOf(from: PredictionService, text: string): Promise<number[]> {
  const request = { text, startToken: true, topK: 10, temperature: 1 }
  const { sections } = await inspectText(from, request, { signal })
  return Array.from(elementAt(sections, 0).predictions, ({ score }) => logProbOf(score))
}

function logProbOf(score: TokenScore | null | undefined): number {
  return score?.logProb ?? NaN
}

/** Replaces a few characters of the document, as typing does, and scores it again. */
async function edit(): Promise<void> {
  const rangeOffset = texts.offset(document.length - 4)
  const text = texts.next().slice(0, 4)
  live.edit([{ rangeOffset, rangeLength: 4, text }])
  document = document.slice(0, rangeOffset) + text + document.slice(rangeOffset + 4)
  await live.update(document, signal)
  await live.score({ start: 0, end: document.length }, { signal })
}

/** Cancels an inspection after its first scores. */
async function cancel(): Promise<void> {
  const controller = new AbortController()
  const running = inspectLong(AbortSignal.any([signal, controller.signal]), () => {
    controller.abort(new CancelledError())
  })
  if (!(await failsWith(CancelledError, running))) faults.push('an inspection was not cancelled')
}

/** Restarts the engine after the first scores of an inspection. */
async function restart(): Promise<void> {
  let restarted: Promise<void> | undefined
  const running = inspectLong(signal, () => {
    restarted ??= engine.handle.restart()
  })
  if (!(await failsWith(EngineStoppedError, running))) faults.push('an inspection outlived its engine')
  await restarted
}

/** Inspects a text of several steps. */
async function inspectLong(until: AbortSignal, onProgress: () => void): Promise<void> {
  const request = { text: texts.long() + texts.long(), startToken: true, topK: 10, temperature: 1 }
  await inspectText(service, request, { signal: until, onProgress })
}

async function failsWith(
  ErrorClass: new (message: string) => Error,
  work: Promise<unknown>,
): Promise<boolean> {
  return work.then(
    () => false,
    (error: unknown) => error instanceof ErrorClass,
  )
}

async function completeDocument(): Promise<void> {
  const sampling = { temperature: 0, topK: 0, topP: 1, minP: 0 }
  const request = { text: document, startToken: true, candidates: 2, lines: 1, minProbability: 0.01, seed: 1 }
  await complete(service, { ...request, sampling }, signal)
}

/** Asks a fresh engine for the remembered texts and the edited document, and the old engine for the same texts again. */
async function checkAnswers(): Promise<void> {
  const fresh = createEngine(() => spawnWorker(options))
  const expected = new PredictionService(fresh.api)
  for (const { text, logProbs } of remembered) {
    const wanted = await logProbsOf(expected, text)
    checkSame('an earlier answer', logProbs, wanted)
    checkSame('an answer at the end', await inspect(text), wanted)
  }
  const scores = Array.from(live.tokens.tokenIds, (_, token) => logProbOf(live.predictionOf(token)?.score))
  checkSame('the live scores', scores, await logProbsOf(expected, document))
  await fresh.dispose()
}

function checkSame(name: string, found: readonly number[], wanted: readonly number[]): void {
  const isSame =
    found.length === wanted.length &&
    found.every((logProb, i) => Math.abs(logProb - elementAt(wanted, i)) <= TOLERANCE)
  if (!isSame) faults.push(`${name} differs from that of a fresh engine`)
}

function checkMemory(): void {
  const growth = meanProcess(between(750, 1000)) - meanProcess(between(500, 750))
  if (growth > MAX_GROWTH_MB) faults.push(`the process grew by ${growth.toFixed(0)} MB in the last quarter`)
  const restarts = meanProcess(between(300, 400)) - meanProcess(between(0, 100))
  if (restarts > MAX_RESTART_GROWTH_MB)
    faults.push(`the process grew by ${restarts.toFixed(0)} MB over three restarts`)
  const held = meanMegabytes(between(750, 1000), ({ thread }) => thread.arrayBuffers)
  if (held > MAX_ARRAY_BUFFERS_MB)
    faults.push(`the engine's thread holds ${held.toFixed(0)} MB in ArrayBuffers`)
}

function meanProcess(taken: readonly MemorySample[]): number {
  return meanMegabytes(taken, ({ process }) => process)
}

/** The samples after more than `from` and at most `to` inspections. */
function between(from: number, to: number): MemorySample[] {
  return samples.filter(({ inspections }) => inspections > from && inspections <= to)
}

/** The kinds of the process's open handles and requests. */
function handles(): string[] {
  return process.getActiveResourcesInfo().sort()
}

function results(): Comparison[] {
  return [
    ...compareMemory('inspections 751 to 1,000: 501 to 750', between(750, 1000), between(500, 750)),
    ...compareMemory('fourth engine: first', between(300, 400), between(0, 100)),
    {
      name: 'handles at the end: at the start',
      unit: '',
      ours: [handlesAtEnd.length],
      against: [handlesAtStart.length],
    },
  ]
}
