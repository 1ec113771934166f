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

/** Nobody has to wait long for a sign of life. */
const lockLimits = { beatMs: 20, staleMs: 200 }

async function storeWithModel() {
  const parts = await storeAndHub({ lockLimits })
  await parts.store.install(MODEL, parts.hub, watched())
  return parts
}

/** As another window would have it, for as long as the test runs. */
async function whileDownloading(work: (parts: { store: ModelStore; folder: string }) => Promise<void>) {
  const parts = await storeAndHub({ lockLimits })
  const cancel = new AbortController()
  parts.server.otherwise = () => undefined
  const downloading = parts.store.install(MODEL, parts.hub, watched(cancel.signal)).catch(() => undefined)
  await expect.poll(() => parts.server.requests).toContain('model.safetensors')
  await work(parts)
  cancel.abort()
  await downloading
}

/** What is not done while another window is at work. */
const ACTS: [string, (store: ModelStore, elsewhere?: string) => Promise<void>][] = [
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
    ['another length', WEIGHTS.subarray(1), /^elsewhere is not the pinned file of gpt2: it has 65535 bytes/],
  ])('with %s is refused and left alone, as is a download that broke off', async (_, bytes, words) => {
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

  it('leaves nothing behind when it is cancelled', async () => {
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

  it('needs room on the disk', async () => {
    const { store, folder } = await storeAndHub({ freeBytes: () => Promise.resolve(0) })
    await expect(store.importFile(MODEL, join(folder, 'x'), watched())).rejects.toThrow(DiskSpaceError)
  })
})

describe('Verifying', () => {
  it('leaves the pinned file where it is', async () => {
    const { store, folder } = await storeWithModel()
    await store.verify(MODEL, watched())
    expect(await namesIn(folder)).toEqual(INSTALLED)
  })

  it('deletes a file that was changed since, and says so', async () => {
    const { store, folder } = await storeWithModel()
    await writeFile(join(folder, 'gpt2', 'model.safetensors'), DAMAGED)
    const verifying = store.verify(MODEL, watched())
    await expect(verifying).rejects.toThrow(
      new PinnedFileError('model.safetensors is not the pinned file and was deleted'),
    )
    expect(await namesIn(folder)).toEqual([])
  })

  it('deletes nothing when it is cancelled', async () => {
    const { store, folder } = await storeWithModel()
    await expect(store.verify(MODEL, watched(AbortSignal.abort()))).rejects.toThrow(CancelledError)
    expect(await namesIn(folder)).toEqual(INSTALLED)
  })
})

describe('A model', () => {
  it('that is cut short on the disk does not count as installed', async () => {
    const { store, folder } = await storeWithModel()
    await writeFile(join(folder, 'gpt2', 'model.safetensors'), WEIGHTS.subarray(1))
    expect(await store.stateOf(MODEL)).toEqual({ kind: 'absent' })
  })

  it('of another revision does not count as installed, and is there until the new one is', async () => {
    const { store, server, hub, folder } = await storeWithModel()
    const newer = { ...MODEL, revision: 'f'.repeat(40) }
    expect(await store.stateOf(newer)).toEqual({ kind: 'absent' })
    await store
      .install(newer, { ...hub, endpoint: new URL(`${server.endpoint.href}newer`) }, watched())
      .catch(() => undefined)
    expect(await namesIn(folder)).toEqual(expect.arrayContaining(INSTALLED))
  })

  it('is deleted with what there is of a download', async () => {
    const { store, folder } = await storeWithModel()
    await mkdir(join(folder, '.gpt2.download'))
    await store.delete(MODEL, watched())
    expect(await namesIn(folder)).toEqual([])
  })

  it.each(ACTS)('is not %s while another window downloads it', async (_, act) => {
    await whileDownloading(async ({ store }) => {
      await expect(act(store)).rejects.toThrow(ModelBusyError)
    })
  })

  it.each(ACTS)(
    'is %s where a lock is left by a window that only time can tell to be gone',
    async (_, act) => {
      const { store, folder } = await storeWithModel()
      await writeFile(join(folder, 'elsewhere'), WEIGHTS)
      // Another machine’s, so that its process cannot be looked for.
      await writeFile(join(folder, '.gpt2.lock'), JSON.stringify({ pid: 1, host: 'another', id: 'x' }))
      await act(store, join(folder, 'elsewhere'))
      expect(await namesIn(folder)).not.toContain('.gpt2.lock')
    },
  )
})

describe('What a process has left half done', () => {
  it('is the model before the new one took its place: it comes back', async () => {
    const { store, folder } = await storeWithModel()
    await rename(join(folder, 'gpt2'), join(folder, '.gpt2.previous'))
    await store.tidyUp()
    expect(await namesIn(folder)).toEqual(INSTALLED)
  })

  it.each(['previous', 'import', 'deleted'])('as .gpt2.%s beside a model is removed', async (what) => {
    const { store, folder } = await storeWithModel()
    await mkdir(join(folder, `.gpt2.${what}`))
    await writeFile(join(folder, `.gpt2.${what}`, 'model.safetensors'), 'left')
    await store.tidyUp()
    expect(await namesIn(folder)).toEqual(INSTALLED)
  })

  it('is left alone while another window works on the model', async () => {
    await whileDownloading(async ({ store, folder }) => {
      await mkdir(join(folder, '.gpt2.deleted'))
      await writeFile(join(folder, '.gpt2.deleted', 'x'), '')
      await store.tidyUp()
      expect(await namesIn(folder)).toContain('.gpt2.deleted/x')
    })
  })
})
