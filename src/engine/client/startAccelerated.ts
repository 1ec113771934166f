import type { BackendSelfTest } from '../../shared/contracts/engine/backendSelfTest'
import { type DecisiveDelta, decisiveDelta, passes } from '../../shared/contracts/engine/backends'
import type { EngineApi } from '../../shared/contracts/engine/engineApi'
import { DEFAULT_MODEL_ID, type ModelInfo, type Precision } from '../../shared/contracts/engine/prediction'
import { isModelError } from '../../shared/modelErrors'
import { formatDelta } from '../../shared/text/format'
import type { AcceleratorStart, Unused } from './accelerator'
import { compareBackends } from './selfTest/compareBackends'
import type { EngineConnection } from './connectEngine'
import { createEngine, type EngineWorker } from './engineHandle'

/** The selected model, by id or folder, and its precision. */
export interface SelectedModel {
  readonly model: string
  readonly precision: Precision
}

export interface StartOptions {
  /** The backend's name for the log. */
  readonly name: string
  /** The graphics adapter or the processor. */
  readonly device: string
  readonly selected: SelectedModel
  readonly connect: (model: string) => EngineConnection
  readonly spawnWasm: (model: string) => EngineWorker
  /** The self-test that this device has passed before. */
  readonly passedSelfTest: BackendSelfTest | undefined
  readonly rememberSelfTest: (selfTest: BackendSelfTest) => void
  /** The error of a device that does not pass; `difference` is a sentence without its end. */
  readonly disagreement: (difference: string) => Error
  /** Why a device that passed the self-test is not used; undefined if it is. */
  readonly whyUnused?: (selfTest: BackendSelfTest) => string | undefined
  /** Rejects a model that cannot be the selected one. */
  readonly verify?: (loaded: ModelInfo) => Promise<void>
  readonly log: (message: string) => void
}

/**
 * Compares a backend with WASM if it has not passed its self-test before, and loads the selected model.
 * @param wasm the WASM engine of the selected model
 * @returns `unused` if the model cannot be loaded, which WASM reports as well
 * @throws the error of `disagreement` or `verify`, and the errors of the engine
 */
export async function startAccelerated(
  options: StartOptions,
  wasm: EngineApi,
  signal: AbortSignal,
): Promise<AcceleratorStart> {
  const { device, selected, passedSelfTest, log } = options
  const selfTest = passedSelfTest ?? (await compare(options, wasm, signal))
  if (!passes(selfTest, selected.precision))
    throw options.disagreement(differenceOf(selfTest, selected.precision))
  const reason = options.whyUnused?.(selfTest)
  if (reason !== undefined) return unused(options, reason)
  const engine = options.connect(selected.model)
  try {
    const model = { ...(await engine.api.model(undefined, { signal })), selfTest }
    await options.verify?.(model)
    log(`${model.id} is loaded on ${device}.`)
    return { kind: 'started', engine: { ...engine, model } }
  } catch (error) {
    engine.dispose()
    // WASM reports it as well, so this backend does not.
    if (!isModelError(error)) throw error
    return unused(options, error.message)
  }
}

function unused({ name, log }: StartOptions, reason: string): Unused {
  log(`${name} is not used. ${reason}`)
  return { kind: 'unused', reason }
}

/** Compares the backends on the embedded model in the selected precision, and stores the result if it passes. */
async function compare(
  { name, device, selected, connect, spawnWasm, rememberSelfTest, log }: StartOptions,
  selectedOnWasm: EngineApi,
  signal: AbortSignal,
): Promise<BackendSelfTest> {
  const accelerated = connect(DEFAULT_MODEL_ID)
  const own =
    selected.model === DEFAULT_MODEL_ID ? undefined : createEngine(() => spawnWasm(DEFAULT_MODEL_ID))
  try {
    const result = await compareBackends(own?.api ?? selectedOnWasm, accelerated.api, signal)
    const selfTest = { device, ...result }
    const { kind, delta } = decisiveDelta(selfTest, selected.precision)
    log(
      `Self-test of ${name} on ${device}: ${kind} |Δ log-prob| ${formatDelta(delta)}, ` +
        `${selfTest.milliseconds.accelerated.toFixed(0)} ms where WASM takes ${selfTest.milliseconds.wasm.toFixed(0)}.`,
    )
    if (passes(selfTest, selected.precision)) rememberSelfTest(selfTest)
    return selfTest
  } finally {
    accelerated.dispose()
    await own?.dispose()
  }
}

/** `On a GPU, log-probabilities differ from those on WASM by up to 2e-3, more than 1e-3` */
function differenceOf(selfTest: BackendSelfTest, precision: Precision): string {
  const { kind, delta, limit } = decisiveDelta(selfTest, precision)
  const difference = `${AMOUNTS[kind]} ${formatDelta(delta)}, more than ${formatDelta(limit)}`
  return `On ${selfTest.device}, log-probabilities differ from those on WASM by ${difference}`
}

const AMOUNTS: Readonly<Record<DecisiveDelta['kind'], string>> = { max: 'up to', mean: 'a mean of' }
