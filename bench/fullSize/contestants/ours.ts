import { createEngine } from '../../../src/engine/engineHandle'
import { spawnWorker } from '../../../src/engine/spawnWorker'
import type { EngineApi } from '../../../src/shared/engineApi'
import { type Contestant, type ContestantSettings, GENERATED_TOKENS, targetsOf, TOP_K } from '../contestant'

/** The engine as the extension runs it, in its worker. */
export async function ours({ modelFolder, assetsFolder, threads }: ContestantSettings): Promise<Contestant> {
  const { api } = createEngine(() =>
    spawnWorker({ model: { id: 'gpt2', folder: modelFolder, description: '' }, threads, assetsFolder }),
  )
  await api.model(undefined)
  return engineContestant(api)
}

export function engineContestant(api: EngineApi): Contestant {
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
