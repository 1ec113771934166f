import { setImmediate } from 'node:timers/promises'
import { Engine } from '../../../src/engine/worker/engine'
import { loadModelFolder } from '../../../src/engine/inference/loadModelFolder'
import { configureWasm, WASM_RUNTIME } from '../../../src/engine/runtime/wasmRuntime'
import { fixedSteps } from '../../../test/support/engine/fixedSteps'
import type { Candidate, CandidateSettings } from '../candidate'
import { targetsOf, TOP_K } from '../candidate'

/** Our engine with all positions in one step of the transformer. */
export async function oursInOneStep(settings: CandidateSettings): Promise<Candidate> {
  configureWasm(`${settings.assetsFolder}/`, settings.threads)
  const model = await loadModelFolder(
    { id: 'gpt2', folder: settings.modelFolder, description: '', storage: 'logitscope' },
    {
      backend: 'wasm',
      precision: 'fp32',
      threads: settings.threads,
      openRuntime: () => Promise.resolve(WASM_RUNTIME),
    },
  )
  const engine = new Engine({
    loadModel: () => Promise.resolve(model),
    loadTokenizer: () => Promise.reject(new Error('nothing is tokenized here')),
    createStepPolicy: fixedSteps(model.info.nPositions),
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
