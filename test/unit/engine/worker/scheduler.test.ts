import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Scheduler } from '../../../../src/engine/worker/scheduler'
import type { Priority } from '../../../../src/shared/contracts/engine/engineApi'
import { CancelledError } from '../../../../src/shared/errors'

const NEVER = new AbortController().signal

describe('Scheduler', () => {
  it('resolves with the result of the step', async () => {
    expect(await freshScheduler().run('bulk', NEVER, () => Promise.resolve(7))).toBe(7)
  })

  it('rejects with the error of the step and runs the next', async () => {
    const scheduler = freshScheduler()
    const failing = scheduler.run('bulk', NEVER, () => Promise.reject(new Error('bad weights')))
    const next = scheduler.run('bulk', NEVER, () => Promise.resolve('fine'))
    await expect(failing).rejects.toThrow('bad weights')
    expect(await next).toBe('fine')
  })

  it('runs one step at a time, in order', async () => {
    const scheduler = freshScheduler()
    const log: string[] = []
    const step = (name: string) => async () => {
      log.push(`${name} starts`)
      await setImmediate()
      log.push(`${name} ends`)
    }
    await Promise.all(['a', 'b'].map((name) => scheduler.run('bulk', NEVER, step(name))))
    expect(log).toEqual(['a starts', 'a ends', 'b starts', 'b ends'])
  })

  it('runs interactive steps before earlier bulk ones, but interrupts no step', async () => {
    const scheduler = freshScheduler()
    const log: string[] = []
    const run = (name: string, priority: Priority) =>
      scheduler.run(priority, NEVER, async () => {
        log.push(name)
        await setImmediate()
      })
    await Promise.all([
      run('running', 'bulk'),
      run('bulk 1', 'bulk'),
      run('bulk 2', 'bulk'),
      run('interactive 1', 'interactive'),
      run('interactive 2', 'interactive'),
    ])
    expect(log).toEqual(['running', 'interactive 1', 'interactive 2', 'bulk 1', 'bulk 2'])
  })

  it('rejects a step that is cancelled while it waits, without running it', async () => {
    const scheduler = freshScheduler()
    const cancel = new AbortController()
    let ran = false
    const running = scheduler.run('bulk', NEVER, () => setImmediate())
    const waiting = scheduler.run('bulk', cancel.signal, () => {
      ran = true
      return Promise.resolve()
    })
    cancel.abort()
    await expect(waiting).rejects.toThrow(CancelledError)
    await running
    expect(ran).toBe(false)
  })

  it('handles messages of the thread after every step, so a cancel stops the waiting steps', async () => {
    const scheduler = freshScheduler()
    const cancel = new AbortController()
    const step = () => {
      globalThis.setImmediate(() => {
        cancel.abort()
      })
      return Promise.resolve()
    }
    const steps = Array.from({ length: 20 }, () => scheduler.run('bulk', cancel.signal, step))
    const outcomes = await Promise.allSettled(steps)
    expect(outcomes.at(0)?.status).toBe('fulfilled')
    expect(outcomes.at(-1)?.status).toBe('rejected')
  })

  it('works again after it has been idle', async () => {
    const scheduler = freshScheduler()
    await scheduler.run('bulk', NEVER, () => Promise.resolve())
    await setImmediate()
    expect(await scheduler.run('bulk', NEVER, () => Promise.resolve('again'))).toBe('again')
  })
})

function freshScheduler(): Scheduler {
  return new Scheduler(() => setImmediate())
}
