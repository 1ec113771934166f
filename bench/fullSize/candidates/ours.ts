import { join } from 'node:path'
import { createEngine } from '../../../src/engine/client/engineHandle'
import { spawnWorker } from '../../../src/engine/client/spawnWorker'
import type { EngineApi } from '../../../src/shared/contracts/engineApi'
import type { Precision } from '../../../src/shared/contracts/prediction'
import { type Candidate, type CandidateSettings, GENERATED_TOKENS, targetsOf, TOP_K } from '../candidate'

/** The engine as the extension runs it, in its worker. */
export function ours(settings: CandidateSettings): Promise<Candidate> {
  return oursIn('fp32', settings)
}

/** The same in int8. As in the extension, the int8 file is created once and cached. */
export function oursInt8(settings: CandidateSettings): Promise<Candidate> {
  return oursIn('int8', settings, join(settings.modelFolder, '..', 'int8'))
}

async function oursIn(
  precision: Precision,
  { modelFolder, assetsFolder, threads }: CandidateSettings,
  cacheFolder?: string,
): Promise<Candidate> {
  const model = { id: 'gpt2', folder: modelFolder, description: '', storage: 'logitscope' as const }
  const { api } = createEngine(() =>
    spawnWorker({
      model,
      backend: 'wasm',
      precision,
      threads,
      assetsFolder,
      ...(cacheFolder && { cacheFolder }),
    }),
  )
  await api.model(undefined)
  return engineCandidate(api)
}

function engineCandidate(api: EngineApi): Candidate {
  const score = (tokenIds: Int32Array, firstRow: number) =>
    api.score(
      {
        tokenIds,
        firstRow,
        targets: targetsOf(tokenIds).subarray(firstRow),
        topK: TOP_K,
        temperature: 1,
        priority: 'bulk',
      },
      { onProgress: () => undefined },
    )
  return {
    methods: {
      inspect: (tokenIds) => score(tokenIds, 0),
      inspectLast: (tokenIds) => score(tokenIds, tokenIds.length - 1),
      inspectSecondHalf: (tokenIds) => score(tokenIds, tokenIds.length / 2),
      generate: (tokenIds) =>
        api.generate({
          tokenIds,
          typed: new Uint8Array(0),
          typedTokenIds: new Int32Array(0),
          candidates: 1,
          maxTokens: GENERATED_TOKENS,
          maxLines: GENERATED_TOKENS,
          minProbability: 0,
          sampling: { temperature: 0, topK: 0, topP: 1, minP: 0 },
          seed: 1,
        }),
    },
  }
}
