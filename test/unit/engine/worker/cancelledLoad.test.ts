import { readdir } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { loadModelFolder } from '../../../../src/engine/inference/loadModelFolder'
import type { Runtime } from '../../../../src/engine/runtime/runtime'
import { Engine, type EngineDependencies } from '../../../../src/engine/worker/engine'
import type { EngineApi } from '../../../../src/shared/contracts/engine/engineApi'
import { CancelledError } from '../../../../src/shared/errors'
import { temporaryFolder } from '../../../support/checkpoints/checkpointTiny'
import {
  connect,
  loadMini,
  LOADING_LIMIT_MS,
  loadTokenizerOnce,
  MINI,
} from '../../../support/engine/engineUnderTest'
import { fixedSteps } from '../../../support/engine/fixedSteps'
import { openCpuRuntime } from '../../../support/engine/loadModel'

describe('A second model that is loading', { timeout: LOADING_LIMIT_MS }, () => {
  it('is not loaded further after a cancel, and its first session is freed', async () => {
    const said: string[] = []
    const cancel = new AbortController()
    const openRuntime = async () =>
      watched(await openCpuRuntime('wasm'), (event) => {
        said.push(event)
        cancel.abort()
      })
    const engine = engineLoading((baseline, beside) =>
      loadModelFolder(baseline.location, { ...OPTIONS, ...beside, openRuntime }),
    )

    const load = engine.loadBaseline({ location: MINI, precision: 'fp32' }, { signal: cancel.signal })
    await expect(load).rejects.toThrow(CancelledError)
    await engine.releaseBaseline(undefined)

    expect(said).toEqual(['load vocabulary', 'release vocabulary'])
  })

  it('is not converted to int8 further after a cancel', async () => {
    const cacheFolder = await temporaryFolder({})
    const cancel = new AbortController()
    const turn = async () => {
      cancel.abort()
      return Promise.resolve()
    }
    const engine = engineLoading((baseline, beside) =>
      loadModelFolder(baseline.location, {
        ...OPTIONS,
        ...beside,
        turn,
        precision: 'int8',
        cacheFolder,
        openRuntime: () => openCpuRuntime('wasm'),
      }),
    )

    const load = engine.loadBaseline({ location: MINI, precision: 'int8' }, { signal: cancel.signal })
    await expect(load).rejects.toThrow(CancelledError)
    await engine.releaseBaseline(undefined)

    expect(await readdir(cacheFolder)).toEqual([])
  })
})

const OPTIONS = { backend: 'wasm', threads: 1, precision: 'fp32' } as const

function engineLoading(loadBaseline: EngineDependencies['loadBaseline']): EngineApi {
  return connect(
    new Engine({
      loadModel: loadMini,
      checkBaseline: () => Promise.resolve(),
      loadBaseline,
      loadTokenizer: loadTokenizerOnce,
      createStepPolicy: fixedSteps(8),
      nextMacrotask: () => setImmediate(),
    }),
  )
}

/** The runtime, which says when a session is loaded and released. */
function watched(runtime: Runtime, say: (event: string) => void): Runtime {
  return {
    ...runtime,
    createSession: async (graph, checkpoint) => {
      const session = await runtime.createSession(graph, checkpoint)
      say(`load ${graph.name}`)
      return {
        run: (feeds, names) => session.run(feeds, names),
        release: () => {
          say(`release ${graph.name}`)
          return session.release()
        },
      }
    },
  }
}
