import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ModelStore } from '../../../../../src/model/store/disk/modelStore'
import {
  CancelledError,
  DiskSpaceError,
  ModelBusyError,
  PinnedFileError,
} from '../../../../../src/shared/errors'
import { cutAfter, MODEL, WEIGHTS } from '../../../../support/fakes/fakeHub'
import { filesIn, storeAndHub, watched } from '../../../../support/fakes/fakeStore'

const INSTALLED = ['gpt2/config.json', 'gpt2/model.safetensors', 'gpt2/source.json']
const DAMAGED = Buffer.from(WEIGHTS).fill(7, 30_000, 30_001)

const namesIn = async (folder: string) => Object.keys(await filesIn(folder)).sort()

/** Heartbeats are frequent, so that a live holder is noticed soon; a busy machine does not make it look dead. */
const LIVE_HOLDER = { beatMs: 20, staleMs: 60_000 }
/** A holder without heartbeats counts as dead soon. */
const DEAD_HOLDER = { beatMs: 20, staleMs: 100 }

async function storeWithModel() {
  const parts = await storeAndHub({ lockLimits: DEAD_HOLDER })
  await parts.store.install(MODEL, parts.hub, watched())
  return parts
}

/** Runs `work` while another window downloads the model. */
async function whileDownloading(work: (parts: { store: ModelStore; folder: string }) => Promise<void>) {
  const parts = await storeAndHub({ lockLimits: LIVE_HOLDER })
  const cancel = new AbortController()
  parts.server.otherwise = () => undefined
  const downloading = parts.store.install(MODEL, parts.hub, watched(cancel.signal)).catch(() => undefined)
  await expect.poll(() => parts.server.requests).toContain('model.safetensors')
  await work(parts)
  cancel.abort()
  await downloading
}

/** Operations that are refused while another window works on the model. */
const OPERATIONS: [string, (store: ModelStore, elsewhere?: string) => Promise<void>][] = [
  ['deleted', (store) => store.delete(MODEL, watched())],
  ['verified', (store) => store.verify(MODEL, watched())],
  ['imported', (store, elsewhere = 'x') => store.importFile(MODEL, elsewhere, watched())],
]

describe('A file from elsewhere', () => {
  it('is copied, verified and installed', async () => {
    const { store, folder } = await storeAndHub()
    const file = join(folder, 'elsewhere')
    await writeFile(file, WEIGHTS)
    await store.importFile(MODEL, file, watched())
    expect(await namesIn(folder)).toEqual(['elsewhere', ...INSTALLED])
    expect(await store.stateOf(MODEL)).toEqual({ kind: 'installed' })
  })

  it.each([
    ['other bytes', DAMAGED, /^elsewhere is not the pinned file of gpt2: its bytes differ\.$/],
    [
      'another length',
      WEIGHTS.subarray(1),
      /^elsewhere is not the pinned file of gpt2: it has 65,535 bytes instead of 65,536\.$/,
    ],
  ])('with %s is refused and not changed, nor is an interrupted download', async (_, bytes, words) => {
    const { store, server, hub, folder } = await storeAndHub()
    server.answers = [cutAfter(30_000)]
    server.otherwise = cutAfter(0)
    await store.install(MODEL, hub, watched()).catch(() => undefined)
    const file = join(folder, 'elsewhere')
    await writeFile(file, bytes)
    const before = await filesIn(folder)

    const importing = store.importFile(MODEL, file, watched())
    await expect(importing).rejects.toThrow(PinnedFileError)
    await expect(importing).rejects.toThrow(words)
    expect(await filesIn(folder)).toEqual(before)
  })

  it('leaves no copy after a cancel', async () => {
    const { store, folder } = await storeAndHub()
    const file = join(folder, 'elsewhere')
    await writeFile(file, WEIGHTS)
    const cancel = new AbortController()
    const importing = store.importFile(MODEL, file, {
      signal: cancel.signal,
      onProgress: () => {
        cancel.abort()
      },
    })
    await expect(importing).rejects.toThrow(CancelledError)
    expect(await namesIn(folder)).toEqual(['elsewhere'])
  })

  it('needs space on the disk', async () => {
    const { store, folder } = await storeAndHub({ freeBytes: () => Promise.resolve(0) })
    await expect(store.importFile(MODEL, join(folder, 'x'), watched())).rejects.toThrow(DiskSpaceError)
  })
})

describe('Verifying', () => {
  it('keeps the pinned file', async () => {
    const { store, folder } = await storeWithModel()
    await store.verify(MODEL, watched())
    expect(await namesIn(folder)).toEqual(INSTALLED)
  })

  it('deletes a file that was changed after the installation, and says so', async () => {
    const { store, folder } = await storeWithModel()
    await writeFile(join(folder, 'gpt2', 'model.safetensors'), DAMAGED)
    const verifying = store.verify(MODEL, watched())
    await expect(verifying).rejects.toThrow(
      new PinnedFileError('model.safetensors is not the pinned file and was deleted'),
    )
    expect(await namesIn(folder)).toEqual([])
  })

  it('deletes nothing after a cancel', async () => {
    const { store, folder } = await storeWithModel()
    await expect(store.verify(MODEL, watched(AbortSignal.abort()))).rejects.toThrow(CancelledError)
    expect(await namesIn(folder)).toEqual(INSTALLED)
  })
})

describe('A model', () => {
  it('that is truncated on the disk does not count as installed', async () => {
    const { store, folder } = await storeWithModel()
    await writeFile(join(folder, 'gpt2', 'model.safetensors'), WEIGHTS.subarray(1))
    expect(await store.stateOf(MODEL)).toEqual({ kind: 'absent' })
  })

  it('of another revision does not count as installed, and stays until the new one is installed', async () => {
    const { store, server, hub, folder } = await storeWithModel()
    const newer = { ...MODEL, revision: 'f'.repeat(40) }
    expect(await store.stateOf(newer)).toEqual({ kind: 'absent' })
    await store
      .install(newer, { ...hub, endpoint: new URL(`${server.endpoint.href}newer`) }, watched())
      .catch(() => undefined)
    expect(await namesIn(folder)).toEqual(expect.arrayContaining(INSTALLED))
  })

  it('is deleted together with an unfinished download', async () => {
    const { store, folder } = await storeWithModel()
    await mkdir(join(folder, '.gpt2.download'))
    await store.delete(MODEL, watched())
    expect(await namesIn(folder)).toEqual([])
  })

  it.each(OPERATIONS)('is not %s while another window downloads it', async (_, operate) => {
    await whileDownloading(async ({ store }) => {
      await expect(operate(store)).rejects.toThrow(ModelBusyError)
    })
  })

  it.each(OPERATIONS)(
    'is %s in spite of a lock without heartbeats that a window on another machine has left',
    async (_, operate) => {
      const { store, folder } = await storeWithModel()
      await writeFile(join(folder, 'elsewhere'), WEIGHTS)
      // On another machine, so whether its process runs is unknown.
      await writeFile(join(folder, '.gpt2.lock'), JSON.stringify({ pid: 1, host: 'another', id: 'x' }))
      await operate(store, join(folder, 'elsewhere'))
      expect(await namesIn(folder)).not.toContain('.gpt2.lock')
    },
  )
})

describe('Cleaning up after a process that has ended', () => {
  it('restores the previous model if the new one was not installed yet', async () => {
    const { store, folder } = await storeWithModel()
    await rename(join(folder, 'gpt2'), join(folder, '.gpt2.previous'))
    await store.tidyUp()
    expect(await namesIn(folder)).toEqual(INSTALLED)
  })

  it.each(['previous', 'import', 'deleted'])('removes .gpt2.%s next to an installed model', async (what) => {
    const { store, folder } = await storeWithModel()
    await mkdir(join(folder, `.gpt2.${what}`))
    await writeFile(join(folder, `.gpt2.${what}`, 'model.safetensors'), 'left')
    await store.tidyUp()
    expect(await namesIn(folder)).toEqual(INSTALLED)
  })

  it('does nothing while another window works on the model', async () => {
    await whileDownloading(async ({ store, folder }) => {
      await mkdir(join(folder, '.gpt2.deleted'))
      await writeFile(join(folder, '.gpt2.deleted', 'x'), '')
      await store.tidyUp()
      expect(await namesIn(folder)).toContain('.gpt2.deleted/x')
    })
  })
})
