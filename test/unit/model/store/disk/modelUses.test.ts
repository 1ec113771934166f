import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { ModelUses, type ModelUsesOptions } from '../../../../../src/model/store/disk/modelUses'
import { temporaryFolder } from '../../../../support/checkpoints/checkpointTiny'

/** Heartbeats are frequent, and a busy machine does not make a window look dead. */
const LIVE = { beatMs: 20, staleMs: 60_000 }
/** For records without heartbeats. */
const DEAD = { beatMs: 20, staleMs: 100 }
const WAIT = { signal: new AbortController().signal, onWait: () => undefined }
const NEVER = new Promise(() => undefined)

describe('Another window', () => {
  it('is named while its process uses the model', async () => {
    const { folder, notes, letters } = await twoWindows()
    letters.add({ id: 'gpt2', folder: join(folder, 'gpt2') }, NEVER)
    await recorded(folder)
    expect(await notes.otherWindow('gpt2', WAIT)).toBe('the window “letters”')
  })

  it('is not named after its process has ended', async () => {
    const { folder, notes, letters } = await twoWindows()
    const process = new AbortController()
    letters.add({ id: 'gpt2', folder: join(folder, 'gpt2') }, once(process.signal, 'abort'))
    await recorded(folder)
    process.abort()
    await letters.endOwn('gpt2')
    expect(await notes.otherWindow('gpt2', WAIT)).toBeUndefined()
  })

  it.each([
    ['that was killed', async () => ({ pid: await deadProcess(), host: hostname() })],
    ['whose number another process has', () => Promise.resolve({ pid: process.pid, host: hostname() })],
    ['of another machine that gives no heartbeat', () => Promise.resolve({ pid: 1, host: 'another' })],
  ])('%s is not named, and its record is removed', async (_, holder) => {
    const { folder, notes } = await twoWindows(DEAD)
    await mkdir(join(folder, '.uses'))
    await writeFile(join(folder, '.uses', 'gpt2.1'), JSON.stringify({ ...(await holder()), holder: 'gone' }))
    expect(await notes.otherWindow('gpt2', WAIT)).toBeUndefined()
    expect(await readdir(join(folder, '.uses'))).toEqual([])
  })

  it('is not named for a model whose id only begins alike', async () => {
    const { folder, notes, letters } = await twoWindows()
    letters.add({ id: 'gpt2-xl', folder: join(folder, 'gpt2-xl') }, NEVER)
    await recorded(folder)
    expect(await notes.otherWindow('gpt2', WAIT)).toBeUndefined()
  })

  it('is never this window', async () => {
    const { folder, notes } = await twoWindows()
    notes.add({ id: 'gpt2', folder: join(folder, 'gpt2') }, NEVER)
    await recorded(folder)
    expect(await notes.otherWindow('gpt2', WAIT)).toBeUndefined()
  })
})

describe('This window', () => {
  it('records no model that is not in the store', async () => {
    const { folder, notes } = await twoWindows()
    notes.add({ id: 'gpt2', folder: join(folder, 'mine', 'gpt2') }, NEVER)
    await notes.endOwn('gpt2')
    expect(await readdir(folder)).toEqual([])
  })

  it('ends its processes with the model, and waits until they have ended', async () => {
    const folder = await temporaryFolder({})
    const process = new AbortController()
    const events: string[] = []
    const uses = new ModelUses({
      ...windowNamed(folder, 'notes'),
      release: (id) => {
        events.push(`release ${id}`)
        setImmediate(() => {
          events.push('ended')
          process.abort()
        })
      },
    })
    uses.add({ id: 'gpt2', folder: join(folder, 'gpt2') }, once(process.signal, 'abort'))

    await uses.endOwn('gpt2')

    expect(events).toEqual(['release gpt2', 'ended'])
    expect(await readdir(join(folder, '.uses'))).toEqual([])
  })

  it('does not end an engine that has another model', async () => {
    const folder = await temporaryFolder({})
    const release = vi.fn()
    const uses = new ModelUses({ ...windowNamed(folder, 'notes'), release })
    uses.add({ id: 'gpt2-xl', folder: join(folder, 'gpt2-xl') }, NEVER)
    await uses.endOwn('gpt2')
    expect(release).not.toHaveBeenCalled()
  })

  it('uses a model in a store that it cannot write to', async () => {
    const folder = await temporaryFolder({ '.uses': 'a file' })
    const uses = new ModelUses(windowNamed(folder, 'notes'))
    uses.add({ id: 'gpt2', folder: join(folder, 'gpt2') }, Promise.resolve())
    await uses.endOwn('gpt2')
    expect(await uses.otherWindow('gpt2', WAIT)).toBeUndefined()
  })
})

async function twoWindows(limits = LIVE) {
  const folder = await temporaryFolder({})
  return {
    folder,
    notes: new ModelUses({ ...windowNamed(folder, 'notes'), limits }),
    letters: new ModelUses({ ...windowNamed(folder, 'letters'), limits }),
  }
}

function windowNamed(folder: string, name: string): ModelUsesOptions {
  return { folder, window: () => `the window “${name}”`, release: () => undefined, limits: LIVE }
}

/** Resolves when a use is recorded in the store. */
async function recorded(folder: string): Promise<void> {
  await expect.poll(() => readdir(join(folder, '.uses')).catch(() => [])).toHaveLength(1)
}

/** The id of a process that has ended. */
async function deadProcess(): Promise<number> {
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'exit')
  return child.pid ?? 0
}
