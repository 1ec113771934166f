import { beforeAll, describe, expect, it } from 'vitest'
import { loadModelFolder } from '../../src/engine/inference/loadModelFolder'
import type { LoadedModel } from '../../src/engine/inference/model'
import { openWebGpu } from '../../src/engine/runtime/webgpu/webGpuRuntime'
import { elementAt } from '../../src/shared/elementAt'
import { freshService, MINI } from '../support/engine/engineUnderTest'
import { disagreements, scoreDisagreements } from '../support/reference/referenceAgreement'
import { referenceText } from '../support/reference/referenceTexts'
import { installDawn } from './dawnInNode'
import { hasSoftwareAdapter, WITHOUT_ADAPTER } from './softwareDriver'

if (!hasSoftwareAdapter) console.warn(WITHOUT_ADAPTER)

/** The reference has ten; the next two tell whether the tenth is distinct from its neighbours. */
const TOP_K = 12

let model: LoadedModel

describe.skipIf(!hasSoftwareAdapter)('A second implementation of WebGPU', () => {
  beforeAll(async () => {
    installDawn()
    model = await loadModelFolder(MINI, {
      backend: 'webgpu',
      threads: 1,
      precision: 'fp32',
      openRuntime: openWebGpu,
    })
  })

  it('gives the reference’s numbers in several steps', async () => {
    const { tokenIds, startToken, positions } = referenceText('emoji')
    const { scores, next } = await freshService(model, 17).predict({
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
})
