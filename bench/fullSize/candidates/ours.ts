import { join } from 'node:path'
import { createEngine } from '../../../src/engine/client/engineHandle'
import { spawnProcess } from '../../../src/engine/client/spawn/spawnProcess'
import { spawnWorker } from '../../../src/engine/client/spawn/spawnWorker'
import type { EngineOptions } from '../../../src/engine/contract/engineOptions'
import type { EngineApi, ModelLocation } from '../../../src/shared/contracts/engine/engineApi'
import type { Precision } from '../../../src/shared/contracts/engine/prediction'
import { type Candidate, type CandidateSettings, GENERATED_TOKENS, targetsOf, TOP_K } from '../candidate'

/** The engine as the extension runs it, in its worker. */
export function ours(settings: CandidateSettings): Promise<Candidate> {
  return onWasm('fp32', settings)
}

/** The same in int8. As in the extension, the int8 file is created once and cached. */
export function oursInt8(settings: CandidateSettings): Promise<Candidate> {
  return onWasm('int8', settings)
}

/** The engine as the extension runs it on the native library, in its process. */
export function native(settings: CandidateSettings): Promise<Candidate> {
  return onNative('fp32', settings)
}

export function nativeInt8(settings: CandidateSettings): Promise<Candidate> {
  return onNative('int8', settings)
}

/** A stored model, whose files are mapped by the native library. */
export function modelOf({ modelFolder }: CandidateSettings): ModelLocation {
  return { id: 'gpt2', folder: modelFolder, description: '', storage: 'logitscope' }
}

export function int8FolderOf({ modelFolder }: CandidateSettings): string {
  return join(modelFolder, '..', 'int8')
}

async function onWasm(precision: Precision, settings: CandidateSettings): Promise<Candidate> {
  const { api } = createEngine(() => spawnWorker({ ...optionsOf(precision, settings), backend: 'wasm' }))
  await api.model(undefined)
  return engineCandidate(api)
}

async function onNative(precision: Precision, settings: CandidateSettings): Promise<Candidate> {
  const { nativeLibrary } = settings
  const engine = spawnProcess({ ...optionsOf(precision, settings), backend: 'native', nativeLibrary })
  const { api } = createEngine(() => engine)
  await api.model(undefined)
  return { ...engineCandidate(api), ...(engine.pid !== undefined && { pid: engine.pid }) }
}

function optionsOf(precision: Precision, settings: CandidateSettings): Omit<EngineOptions, 'backend'> {
  const { assetsFolder, threads } = settings
  const model = modelOf(settings)
  return { model, precision, threads, assetsFolder, cacheFolder: int8FolderOf(settings) }
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
