import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { LoadedModel } from '../../../../src/engine/inference/model'
import { AttributionNeedsFp32Error, InferenceError } from '../../../../src/shared/errors'
import { loadMini, LOADING_LIMIT_MS, MINI } from '../../../support/engine/engineUnderTest'
import { lens, lensOfEverything } from '../../../support/engine/explain'
import { loadModel } from '../../../support/engine/loadModel'
import { REQUEST, RouterUnderTest } from '../../../support/fakes/routerUnderTest'

const LOST = new InferenceError('The device was lost.')
const { tokenIds } = REQUEST

let mini: LoadedModel
beforeAll(async () => {
  mini = await loadMini()
}, LOADING_LIMIT_MS)

describe('The backend router', { timeout: LOADING_LIMIT_MS }, () => {
  let tested: RouterUnderTest

  beforeEach(async () => {
    tested = new RouterUnderTest(mini)
    await tested.router.retry()
  })

  it('delivers every row of a lens once if the backend fails in the middle of it', async () => {
    tested.webgpu.failAfter(2, LOST)
    const { rows } = await lens(tested.router.api, lensOfEverything(tokenIds))
    expect(rows.map(({ logitsRow }) => logitsRow)).toEqual(Array.from(tokenIds, (_, row) => row))
    expect(tested.failures).toEqual(['webgpu → wasm: The device was lost.'])
    expect(await tested.backend()).toBe('wasm')
  })

  it('attributes on WASM if the backend fails', async () => {
    tested.webgpu.failAfter(2, LOST)
    const { total } = await tested.router.api.attribution({
      tokenIds,
      tokenId: 11,
      contrast: { kind: 'nothing' },
    })
    expect(total).not.toBeNaN()
    expect(await tested.backend()).toBe('wasm')
  })

  it('keeps a backend that refuses to attribute in int8', async () => {
    tested = new RouterUnderTest(await loadModel(MINI, { precision: 'int8' }))
    await tested.router.retry()
    const attributed = tested.router.api.attribution({ tokenIds, tokenId: 11, contrast: { kind: 'mean' } })
    await expect(attributed).rejects.toThrow(AttributionNeedsFp32Error)
    expect(tested.failures).toEqual([])
    expect(await tested.backend()).toBe('webgpu')
  })
})
