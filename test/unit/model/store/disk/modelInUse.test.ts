import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readdir, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { ModelStore } from '../../../../../src/model/store/disk/modelStore'
import { ModelUses } from '../../../../../src/model/store/disk/modelUses'
import { ModelBusyError, PinnedFileError } from '../../../../../src/shared/errors'
import { MODEL, WEIGHTS } from '../../../../support/fakes/fakeHub'
import { filesIn, hasInstalledWeights, storeAndHub, watched } from '../../../../support/fakes/fakeStore'

const DAMAGED = Buffer.from(WEIGHTS).fill(7, 30_000, 30_001)
const IN_USE = 'gpt2 is in use by the window “letters”: close that window or select another model in it.'
const NEVER = new Promise(() => undefined)

type Setup = Awaited<ReturnType<typeof installedModel>>

/** Operations on a model, which delete or replace its files. */
const OPERATIONS: [string, (setup: Setup) => Promise<void>, string][] = [
  ['deleted', ({ store }) => store.delete(MODEL, watched()), IN_USE],
  ['replaced by a file', ({ store, file }) => store.importFile(MODEL, file, watched()), IN_USE],
  [
    'deleted because it is damaged',
    async ({ store, weights }) => {
      await writeFile(weights, DAMAGED)
      await store.verify(MODEL, watched())
    },
    `model.safetensors is not the pinned file, and ${IN_USE}`,
  ],
  [
    'replaced by a download because it is truncated',
    async ({ store, hub, weights }) => {
      await truncate(weights, 100)
      await store.install(MODEL, hub, watched())
    },
    IN_USE,
  ],
]

describe('A model that another window uses', () => {
  it.each(OPERATIONS)('is not %s, and the error names the window', async (_, operate, message) => {
    const setup = await installedModel()
    await usedBy(setup.letters, setup.folder)

    const operation = operate(setup)

    await expect(operation).rejects.toThrow(new ModelBusyError(message))
    expect(existsSync(setup.weights)).toBe(true)
    expect(setup.deleteDerived).not.toHaveBeenCalled()
  })

  it('is not copied in vain before an import is refused', async () => {
    const { store, letters, folder, file } = await installedModel()
    await usedBy(letters, folder)
    const options = watched()
    await store.importFile(MODEL, file, options).catch(() => undefined)
    expect(options.reported.map(({ kind }) => kind)).not.toContain('copying')
  })

  it('is verified', async () => {
    const { store, letters, folder, weights } = await installedModel()
    await usedBy(letters, folder)
    await store.verify(MODEL, watched())
    expect(existsSync(weights)).toBe(true)
  })
})

describe('A model that this window uses', () => {
  it.each(OPERATIONS)('is %s after its process has ended', async (_, operate) => {
    const setup = await installedModel()
    const existed = await endsWhenReleased(setup)

    await operate(setup).catch((error: unknown) => {
      if (!(error instanceof PinnedFileError)) throw error
    })

    expect(existed).toEqual([true])
    expect(await readdir(join(setup.folder, '.uses'))).toEqual([])
  })

  it('stays in use while it is verified', async () => {
    const setup = await installedModel()
    const existed = await endsWhenReleased(setup)
    await setup.store.verify(MODEL, watched())
    expect(existed).toEqual([])
  })
})

describe('The data derived from a model', () => {
  it.each(OPERATIONS)('is deleted when the model is %s', async (_, operate) => {
    const setup = await installedModel()
    await operate(setup).catch(() => undefined)
    expect(setup.deleteDerived.mock.calls).toEqual([[MODEL, join(setup.folder, 'gpt2')]])
  })

  it('stays when the model is verified', async () => {
    const { store, deleteDerived } = await installedModel()
    await store.verify(MODEL, watched())
    expect(deleteDerived).not.toHaveBeenCalled()
  })

  it('keeps the model if it cannot be deleted', async () => {
    const { store, folder, deleteDerived } = await installedModel()
    deleteDerived.mockRejectedValue(new Error('EPERM'))
    await store.delete(MODEL, watched()).catch(() => undefined)
    expect(await hasInstalledWeights(folder, WEIGHTS)).toBe(true)
  })
})

/** A store with the model, a file to import, and the uses of two windows. */
async function installedModel() {
  const { store: plain, hub, folder } = await storeAndHub()
  await plain.install(MODEL, hub, watched())
  const file = join(folder, 'elsewhere')
  await writeFile(file, WEIGHTS)
  const release = vi.fn()
  // Heartbeats are frequent, and a busy machine does not make a window look dead.
  const limits = { beatMs: 20, staleMs: 60_000 }
  const uses = (name: string) =>
    new ModelUses({ folder, window: () => `the window “${name}”`, release, limits })
  const notes = uses('notes')
  const deleteDerived = vi.fn(() => Promise.resolve())
  const store = new ModelStore({ folder, models: [MODEL], uses: notes, deleteDerived })
  const weights = join(folder, 'gpt2', 'model.safetensors')
  return { store, hub, folder, file, weights, release, notes, letters: uses('letters'), deleteDerived }
}

/** Resolves when the use by a process that does not end is recorded. */
async function usedBy(uses: ModelUses, folder: string, ended: Promise<unknown> = NEVER): Promise<void> {
  uses.add({ id: MODEL.id, folder: join(folder, MODEL.id) }, ended)
  await expect
    .poll(async () => Object.keys(await filesIn(join(folder, '.uses')).catch(() => ({}))))
    .toHaveLength(1)
}

/** This window uses the model. Its process notes, when it is ended, whether the model's weights exist. */
async function endsWhenReleased({ notes, folder, weights, release }: Setup): Promise<boolean[]> {
  const existed: boolean[] = []
  const process = new AbortController()
  release.mockImplementation(() => {
    existed.push(existsSync(weights))
    setImmediate(() => {
      process.abort()
    })
  })
  await usedBy(notes, folder, once(process.signal, 'abort'))
  return existed
}
