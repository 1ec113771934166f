import type * as Fs from 'node:fs/promises'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { DiskSpaceError, ModelFilesError } from '../../../../../src/shared/errors'
import { MODEL } from '../../../../support/fakes/fakeHub'
import { storeAndHub, watched } from '../../../../support/fakes/fakeStore'

/** The error of the system's call, by the last part of the path: a disk cannot be filled in a test. */
const failures = vi.hoisted(() => new Map<string, string>())

vi.mock('node:fs/promises', async (importOriginal) => {
  const fs = await importOriginal<typeof Fs>()
  const failing =
    <Args extends readonly unknown[], T>(call: (...args: Args) => Promise<T>) =>
    (...args: Args) => {
      const code = [...failures].find(([name]) => String(args[0]).endsWith(name))?.[1]
      if (code === undefined) return call(...args)
      return Promise.reject(Object.assign(new Error(`${code}: the system call failed`), { code }))
    }
  return { ...fs, writeFile: failing(fs.writeFile), mkdir: failing(fs.mkdir) }
})

beforeEach(() => {
  failures.clear()
})

describe('An error of the disk before the model is locked', () => {
  it.each(['ENOSPC', 'EDQUOT'])('with the code %s says that the disk is full', async (code) => {
    const { store, hub } = await storeAndHub()
    failures.set('.gpt2.lock', code)
    await expect(store.install(MODEL, hub, watched())).rejects.toThrow(
      new DiskSpaceError('The disk is full: gpt2 needs 66 kB.'),
    )
  })

  it('says that the disk is full if the folder for models cannot be created', async () => {
    const { store, folder, hub } = await storeAndHub()
    failures.set(folder, 'ENOSPC')
    await expect(store.install(MODEL, hub, watched())).rejects.toThrow(DiskSpaceError)
  })

  it.each<[string, (parts: Awaited<ReturnType<typeof storeAndHub>>) => Promise<void>]>([
    ['an installation', ({ store, hub }) => store.install(MODEL, hub, watched())],
    ['an import', ({ store, folder }) => store.importFile(MODEL, folder, watched())],
    ['a deletion', ({ store }) => store.delete(MODEL, watched())],
  ])('is named in %s', async (_, operate) => {
    const parts = await storeAndHub()
    failures.set('.gpt2.lock', 'EROFS')
    const operating = operate(parts)
    await expect(operating).rejects.toThrow(ModelFilesError)
    await expect(operating).rejects.toThrow('The files of gpt2 cannot be read or written: EROFS')
  })
})
