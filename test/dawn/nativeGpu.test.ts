// The WebGPU provider of the native library, on Mesa's software adapter: its numbers.

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { cachedSeededGpt2 } from '../../bench/fullSize/seededGpt2'
import type { EngineOptions } from '../../src/engine/contract/engineOptions'
import { NativeModel } from '../../src/engine/worker/nativeModel'
import type { ModelLocation } from '../../src/shared/contracts/engine/engineApi'
import { elementAt } from '../../src/shared/elementAt'
import {
  connect,
  freshEngine,
  freshService,
  MINI,
  score,
  scoreEverything,
} from '../support/engine/engineUnderTest'
import { NATIVE_LIBRARY } from '../support/engine/loadModel'
import {
  disagreements,
  LOG_PROB_TOLERANCE,
  scoreDisagreements,
} from '../support/reference/referenceAgreement'
import { referenceText } from '../support/reference/referenceTexts'
import { SEEDED_REFERENCES } from '../support/reference/seededReference'
import { hasSoftwareAdapter, selectSoftwareDriver, WITHOUT_ADAPTER } from './softwareDriver'

const isRunnable = hasSoftwareAdapter && existsSync(NATIVE_LIBRARY)
if (!isRunnable) console.warn(WITHOUT_ADAPTER)

const CACHE = fileURLToPath(new URL('../../.cache/seeded/', import.meta.url))
/** The reference has ten; the next two tell whether the tenth is distinct from its neighbours. */
const TOP_K = 12

describe.skipIf(!isRunnable)('The WebGPU provider of the native library', () => {
  beforeAll(selectSoftwareDriver)

  it('gives the reference’s numbers in several steps', async () => {
    const { tokenIds, startToken, positions } = referenceText('emoji')
    const { scores, next } = await freshService(await load(MINI), 17).predict({
      tokenIds,
      from: 0,
      to: tokenIds.length,
      startToken,
      topK: TOP_K,
      temperature: 1,
    })
    const scored = scores.filter((score) => score !== null)
    expect(scored.length).toBe(positions.length - 1)
    expect(scored.flatMap((score, row) => scoreDisagreements(score, elementAt(positions, row)))).toEqual([])
    expect(next && disagreements(next, elementAt(positions, positions.length - 1))).toEqual([])
  })

  it('gives the reference’s log-probabilities of a model whose vocabulary matrix is split', async () => {
    const { model, ids, positions } = seededReference('124M')
    const folder = await cachedSeededGpt2(CACHE, 'gpt2-124m', model)
    const loaded = await load({ id: 'seeded', folder, description: '', storage: 'logitscope' })
    const scored = await score(connect(freshEngine(loaded)), scoreEverything(Int32Array.from(ids)))
    const apart = positions.filter(({ row, targetLogProb }) => {
      const ours = elementAt(scored.targetLogit, row) - elementAt(scored.logSumExp, row)
      return targetLogProb !== undefined && !(Math.abs(ours - targetLogProb) <= LOG_PROB_TOLERANCE)
    })
    expect(apart).toEqual([])
  })

  it('names itself in the model’s description', async () => {
    expect((await load(MINI)).info).toMatchObject({ backend: 'webgpu', gpuProcess: 'native' })
  })
})

function load(model: ModelLocation) {
  const options: EngineOptions = {
    model,
    backend: 'webgpu',
    threads: 1,
    precision: 'fp32',
    assetsFolder: '',
    nativeLibrary: NATIVE_LIBRARY,
  }
  return new NativeModel(options).load()
}

function seededReference(name: string) {
  const found = SEEDED_REFERENCES.find((reference) => reference.name === name)
  if (found === undefined) throw new Error(`there is no reference ${name}`)
  return found
}
