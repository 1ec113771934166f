import { describe, expect, it } from 'vitest'
import { BaselineModels } from '../../../../src/engine/worker/baselineModels'
import { asError } from '../../../../src/engine/client/accelerator'
import type { BaselineModel } from '../../../../src/shared/contracts/engine/engineApi'
import { CancelledError } from '../../../../src/shared/errors'
import { MINI } from '../../../support/engine/engineUnderTest'

const FP32: BaselineModel = { location: MINI, precision: 'fp32' }
const INT8: BaselineModel = { location: MINI, precision: 'int8' }

/** Is not cancelled. */
const NEVER = new AbortController().signal

describe('BaselineModels', () => {
  it('loads a model once for several calls', async () => {
    const { models, said } = modelsUnderTest()

    await models.use(INT8, NEVER, () => Promise.resolve())
    await models.use(INT8, NEVER, () => Promise.resolve())

    expect(said).toEqual(['load int8'])
  })

  it('unloads a model that a call still uses before it loads another one', async () => {
    const { models, said } = modelsUnderTest()
    const work = pending()

    const first = models.use(INT8, NEVER, () => work.promise)
    const second = models.use(FP32, NEVER, () => Promise.resolve())
    await settled()
    said.push('the first call ends')
    work.resolve()
    await Promise.all([first, second])

    expect(said).toEqual(['load int8', 'the first call ends', 'release int8', 'load fp32'])
  })

  it('unloads a model that a call still uses before it loads the same one again', async () => {
    const { models, said } = modelsUnderTest()
    const work = pending()

    const first = models.use(INT8, NEVER, () => work.promise)
    const released = models.release()
    const second = models.use(INT8, NEVER, () => Promise.resolve())
    await settled()
    work.resolve()
    await Promise.all([first, released, second])

    expect(said).toEqual(['load int8', 'release int8', 'load int8'])
  })

  it('loads a model again that could not be loaded', async () => {
    let attempts = 0
    const models = new BaselineModels(() =>
      ++attempts === 1
        ? Promise.reject(new Error('the disk is gone'))
        : Promise.resolve({ release: () => Promise.resolve() }),
    )

    await expect(models.use(INT8, NEVER, () => Promise.resolve())).rejects.toThrow('the disk is gone')
    await models.use(INT8, NEVER, () => Promise.resolve())

    expect(attempts).toBe(2)
  })

  it('loads no model for a call that is cancelled already', async () => {
    const { models, said } = modelsUnderTest()

    await expect(models.use(INT8, AbortSignal.abort(), () => Promise.resolve())).rejects.toThrow()
    await models.release()

    expect(said).toEqual([])
  })

  it('reports which model is loaded', async () => {
    const { models } = modelsUnderTest()

    await models.use(INT8, NEVER, () => Promise.resolve())

    expect([models.has(INT8), models.has(FP32), models.loaded !== undefined]).toEqual([true, false, true])
  })

  it('reports no model after its release', async () => {
    const { models } = modelsUnderTest()
    await models.use(INT8, NEVER, () => Promise.resolve())

    await models.release()

    expect([models.has(INT8), models.loaded]).toEqual([false, undefined])
  })

  describe('while a model loads', () => {
    it('ends the load if its only call is cancelled', async () => {
      const { models, said } = slowModelsUnderTest()
      const cancel = new AbortController()

      const call = models.use(INT8, cancel.signal, () => Promise.resolve())
      await settled()
      cancel.abort()

      await expect(call).rejects.toThrow(CancelledError)
      expect(said).toEqual(['load int8', 'end the load of int8'])
    })

    it('continues the load for another call', async () => {
      const { models, said, finish } = slowModelsUnderTest()
      const cancel = new AbortController()

      const first = models.use(INT8, cancel.signal, () => Promise.resolve('cancelled'))
      const second = models.use(INT8, NEVER, () => Promise.resolve('answered'))
      await settled()
      cancel.abort()
      finish()

      await expect(first).rejects.toThrow()
      expect(await second).toBe('answered')
      expect(said).toEqual(['load int8'])
    })

    it('loads the model again for a call after the cancel', async () => {
      const { models, said, finish } = slowModelsUnderTest()
      const cancel = new AbortController()

      const cancelled = models.use(INT8, cancel.signal, () => Promise.resolve())
      await settled()
      cancel.abort()
      const answered = models.use(INT8, NEVER, () => Promise.resolve('answered'))
      await expect(cancelled).rejects.toThrow()
      await settled()
      finish()

      expect(await answered).toBe('answered')
      expect(said).toEqual(['load int8', 'end the load of int8', 'load int8'])
    })

    it('unloads a model whose load could not be ended any more', async () => {
      const said: string[] = []
      const loading = pending()
      const models = new BaselineModels(async () => {
        await loading.promise
        return { release: () => Promise.resolve(void said.push('release')) }
      })
      const cancel = new AbortController()

      const call = models.use(INT8, cancel.signal, () => Promise.resolve())
      await settled()
      cancel.abort()
      loading.resolve()
      await expect(call).rejects.toThrow()
      await models.release()

      expect(said).toEqual(['release'])
    })

    it('keeps a loaded model whose call is cancelled', async () => {
      const { models, said } = modelsUnderTest()
      const cancel = new AbortController()
      await models.use(INT8, cancel.signal, () => Promise.resolve())

      cancel.abort()
      await models.use(INT8, NEVER, () => Promise.resolve())

      expect(said).toEqual(['load int8'])
    })
  })
})

/** Models whose load ends when `finish` is called, or with the signal. */
function slowModelsUnderTest() {
  const said: string[] = []
  let finish = (): void => undefined
  const models = new BaselineModels(
    ({ precision }, signal) =>
      new Promise<{ release: () => Promise<void> }>((resolve, reject) => {
        said.push(`load ${precision}`)
        finish = () => {
          resolve({ release: () => Promise.resolve() })
        }
        signal.addEventListener('abort', () => {
          said.push(`end the load of ${precision}`)
          reject(asError(signal.reason))
        })
      }),
  )
  return {
    models,
    said,
    finish: () => {
      finish()
    },
  }
}

/** Says in order which models are loaded and released. */
function modelsUnderTest() {
  const said: string[] = []
  const models = new BaselineModels(({ precision }) => {
    said.push(`load ${precision}`)
    return Promise.resolve({
      release: () => {
        said.push(`release ${precision}`)
        return Promise.resolve()
      },
    })
  })
  return { models, said }
}

function pending() {
  let resolve = (): void => undefined
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return {
    promise,
    resolve: () => {
      resolve()
    },
  }
}

/** All promise callbacks that can run now have run. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
