import { describe, expect, it } from 'vitest'
import { BaselineModels } from '../../../../src/engine/worker/baselineModels'
import type { BaselineModel } from '../../../../src/shared/contracts/engineApi'
import { MINI } from '../../../support/engine/engineUnderTest'

const FP32: BaselineModel = { location: MINI, precision: 'fp32' }
const INT8: BaselineModel = { location: MINI, precision: 'int8' }

describe('BaselineModels', () => {
  it('loads a model once for several calls', async () => {
    const { models, said } = modelsUnderTest()

    await models.use(INT8, () => Promise.resolve())
    await models.use(INT8, () => Promise.resolve())

    expect(said).toEqual(['load int8'])
  })

  it('unloads a model that a call still uses before it loads another one', async () => {
    const { models, said } = modelsUnderTest()
    const work = pending()

    const first = models.use(INT8, () => work.promise)
    const second = models.use(FP32, () => Promise.resolve())
    await settled()
    said.push('the first call ends')
    work.resolve()
    await Promise.all([first, second])

    expect(said).toEqual(['load int8', 'the first call ends', 'release int8', 'load fp32'])
  })

  it('unloads a model that a call still uses before it loads the same one again', async () => {
    const { models, said } = modelsUnderTest()
    const work = pending()

    const first = models.use(INT8, () => work.promise)
    const released = models.release()
    const second = models.use(INT8, () => Promise.resolve())
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

    await expect(models.use(INT8, () => Promise.resolve())).rejects.toThrow('the disk is gone')
    await models.use(INT8, () => Promise.resolve())

    expect(attempts).toBe(2)
  })
})

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
