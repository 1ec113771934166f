import { beforeEach, describe, expect, it } from 'vitest'
import { BackendRouter } from '../../../../src/engine/client/router/backendRouter'
import type { Backend } from '../../../../src/shared/contracts/engine/prediction'
import { connect, MINI } from '../../../support/engine/engineUnderTest'
import { InThreadWorker } from '../../../support/engine/inThreadWorker'
import { HASH_MODEL, hashEngine } from '../../../support/fakes/hashEngine'

describe('The backend router', () => {
  /** `backend: call` in order. */
  let said: string[]
  let router: BackendRouter

  beforeEach(() => {
    said = []
    router = new BackendRouter({
      spawnWasm: () => {
        said.push('wasm: start')
        return new InThreadWorker(watchedEngine('wasm'))
      },
      accelerators: [{ backend: 'webgpu', find: () => Promise.resolve(foundWebGpu()) }],
      selected: () => ['webgpu'],
      onState: () => undefined,
      onFailure: () => undefined,
    })
  })

  it('releases the baseline that WASM has loaded while WebGPU answers everything else', async () => {
    await router.retry()
    await router.api.loadBaseline({ location: MINI, precision: 'int8', backend: 'wasm' })

    await router.api.releaseBaseline(undefined)

    expect(said.toSorted()).toEqual([
      'wasm: load',
      'wasm: release',
      'wasm: start',
      'webgpu: release',
      'webgpu: start',
    ])
  })

  it('starts no engine to release a baseline', async () => {
    await router.api.releaseBaseline(undefined)

    expect(said).toEqual([])
  })

  function watchedEngine(backend: Backend) {
    return {
      ...hashEngine(),
      loadBaseline: () => {
        said.push(`${backend}: load`)
        return Promise.resolve(HASH_MODEL)
      },
      releaseBaseline: () => {
        said.push(`${backend}: release`)
        return Promise.resolve(undefined)
      },
    }
  }

  function foundWebGpu() {
    const start = () => {
      said.push('webgpu: start')
      const engine = {
        api: connect(watchedEngine('webgpu')),
        model: { ...HASH_MODEL, backend: 'webgpu' as const },
        onEnd: () => undefined,
        dispose: () => undefined,
      }
      return Promise.resolve({ kind: 'started' as const, engine })
    }
    return { kind: 'found' as const, isAwaited: false, start }
  }
})
