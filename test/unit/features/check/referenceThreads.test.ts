import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { IDLE_MS, ReferenceThreads } from '../../../../src/features/check/referenceThreads'
import type { SimulationApi } from '../../../../src/shared/contracts/engine/simulation'
import { EngineStoppedError } from '../../../../src/shared/errors'

describe('The threads of reference models', () => {
  let events: string[]
  let threads: ReferenceThreads

  beforeEach(() => {
    vi.useFakeTimers()
    events = []
    threads = new ReferenceThreads((model) => {
      events.push(`start ${model}`)
      return {
        api: unusedApi,
        dispose: () => {
          events.push(`end ${model}`)
          return Promise.resolve()
        },
      }
    })
  })

  afterEach(() => {
    threads.dispose()
    vi.useRealTimers()
  })

  const use = (model: string) => threads.use(model, () => Promise.resolve())

  it('use one thread for two checks with the same model', async () => {
    await use('mini')
    await use('mini')
    expect(events).toEqual(['start mini'])
  })

  it('end before a thread with another model starts', async () => {
    await use('mini')
    await use('gpt2')
    expect(events).toEqual(['start mini', 'end mini', 'start gpt2'])
  })

  it('end when they are idle', async () => {
    await use('mini')
    await vi.advanceTimersByTimeAsync(IDLE_MS)
    expect(events).toEqual(['start mini', 'end mini'])
  })

  it('do not end while they are used, however long it takes', async () => {
    void threads.use('mini', () => new Promise(() => undefined))
    await vi.advanceTimersByTimeAsync(10 * IDLE_MS)
    expect(events).toEqual(['start mini'])
  })

  it('end after an error that a thread does not survive', async () => {
    const stopped = () => Promise.reject(new EngineStoppedError('The engine has ended.'))
    await threads.use('mini', stopped).catch(() => undefined)
    await use('mini')
    expect(events).toEqual(['start mini', 'end mini', 'start mini'])
  })

  it('end when they are disposed', async () => {
    await use('mini')
    threads.dispose()
    expect(events).toEqual(['start mini', 'end mini'])
  })
})

const fail = () => Promise.reject(new Error('these tests call no method of the thread'))
const unusedApi: SimulationApi = {
  simulatedModel: fail,
  referenceLogits: fail,
  simulate: fail,
  hiddenStates: fail,
  subBlock: fail,
}
