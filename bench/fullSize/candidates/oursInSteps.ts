import { setImmediate } from 'node:timers/promises'
import { Engine } from '../../../src/engine/worker/engine'
import { loadModelFolder } from '../../../src/engine/inference/loadModelFolder'
import type { InferenceOptions } from '../../../src/engine/inference/model'
import { openNative } from '../../../src/engine/runtime/native/nativeRuntime'
import { configureWasm, WASM_RUNTIME } from '../../../src/engine/runtime/wasm/wasmRuntime'
import type { Precision } from '../../../src/shared/contracts/engine/prediction'
import { fixedSteps } from '../../../test/support/engine/fixedSteps'
import type { Candidate, CandidateSettings } from '../candidate'
import { targetsOf, TOP_K } from '../candidate'
import { int8FolderOf, modelOf } from './ours'

/** As many positions as a measured step has at most. */
const LONG_STEP = 256

/** Our engine on WASM with all positions in one step of the transformer. */
export function oursInOneStep(settings: CandidateSettings): Promise<Candidate> {
  const { assetsFolder, threads } = settings
  configureWasm(`${assetsFolder}/`, threads)
  return inSteps(settings, Infinity, {
    backend: 'wasm',
    precision: 'fp32',
    threads,
    openRuntime: () => Promise.resolve(WASM_RUNTIME),
  })
}

export function nativeInLongSteps(settings: CandidateSettings): Promise<Candidate> {
  return nativeIn('fp32', settings)
}

export function nativeInt8InLongSteps(settings: CandidateSettings): Promise<Candidate> {
  return nativeIn('int8', settings)
}

function nativeIn(precision: Precision, settings: CandidateSettings): Promise<Candidate> {
  const { nativeLibrary: library, threads } = settings
  return inSteps(settings, LONG_STEP, {
    backend: 'native',
    precision,
    threads,
    cacheFolder: int8FolderOf(settings),
    openRuntime: () => openNative({ library, threads, precision }),
  })
}

async function inSteps(
  settings: CandidateSettings,
  positions: number,
  options: InferenceOptions,
): Promise<Candidate> {
  const model = await loadModelFolder(modelOf(settings), options)
  const engine = new Engine({
    loadModel: () => Promise.resolve(model),
    checkBaseline: () => Promise.reject(new Error('nothing is compared here')),
    loadBaseline: () => Promise.reject(new Error('nothing is compared here')),
    loadTokenizer: () => Promise.reject(new Error('nothing is tokenized here')),
    createStepPolicy: fixedSteps(Math.min(positions, model.info.nPositions)),
    nextMacrotask: () => setImmediate(),
  })
  const context = {
    signal: new AbortController().signal,
    onProgress: () => undefined,
    transfer: () => undefined,
  }
  return {
    methods: {
      inspect: (tokenIds) =>
        engine.score(
          {
            tokenIds,
            firstRow: 0,
            targets: targetsOf(tokenIds),
            topK: TOP_K,
            temperature: 1,
            priority: 'bulk',
          },
          context,
        ),
    },
  }
}
