import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PrepackedForms, type PrepackedKey } from '../../../../src/model/derived/prepackedForms'
import { FileLock, LOCK_LIMITS } from '../../../../src/model/store/disk/fileLock'
import { temporaryFolder } from '../../../support/checkpoints/checkpointTiny'

const KEY: PrepackedKey = {
  model: { id: 'gpt2', folder: '/models/gpt2' },
  digest: 'sha256 abc',
  precision: 'fp32',
  runtime: '1.2.3',
  processor: 'A processor\nflags: avx2',
}
const GIGABYTE = 1e9

describe('A prepacked form', () => {
  it('is found after it was made', async () => {
    const { forms } = await empty()
    await forms.add(KEY, OPTIONS)
    const form = await forms.find(KEY)
    expect(await readFile(join(form ?? '', 'weights.data'), 'utf8')).toBe('weights')
  })

  it.each<[string, Partial<PrepackedKey>]>([
    ['another processor', { processor: 'A processor\nflags: avx2 avx512f' }],
    ['another version of the runtime', { runtime: '1.2.4' }],
    ['another precision', { precision: 'int8' }],
    ['other weights', { digest: 'sha256 def' }],
    ['another folder', { model: { id: 'gpt2', folder: '/other/gpt2' } }],
  ])('is not found for %s', async (_what, change) => {
    const { forms } = await empty()
    await forms.add(KEY, OPTIONS)
    expect(await forms.find({ ...KEY, ...change })).toBeUndefined()
  })

  it('is not found under the name of a form that was made on another processor', async () => {
    const { forms } = await empty()
    await forms.add(KEY, OPTIONS)
    const note = join((await forms.find(KEY)) ?? '', 'form.json')
    await writeFile(note, (await readFile(note, 'utf8')).replace('avx2', 'neon'))
    expect(await forms.find(KEY)).toBeUndefined()
  })

  it('is not kept if making it fails, and is not made again', async () => {
    const { forms } = await empty()
    await forms.noteUse(KEY)
    const failed = forms.add(KEY, { ...OPTIONS, make: () => Promise.reject(new Error('no memory')) })
    await expect(failed).rejects.toThrow('no memory')
    expect([await forms.find(KEY), await forms.noteUse(KEY)]).toEqual([undefined, false])
  })

  it('is not made if the disk would be short of space', async () => {
    const { folder, forms } = await empty()
    await forms.add(KEY, { ...OPTIONS, freeBytes: () => Promise.resolve(12 * GIGABYTE) })
    expect(await readdir(folder)).toEqual([])
  })

  it('is not made while another process makes one', async () => {
    const { folder, forms } = await empty()
    const lock = await FileLock.tryToAcquire(join(folder, 'making.lock'), LOCK_LIMITS)
    await forms.add(KEY, OPTIONS)
    await lock?.release()
    expect(await readdir(folder)).toEqual([])
  })

  it('is made after a process has ended while it made one, and nothing of that is left', async () => {
    const { folder, forms } = await empty()
    await mkdir(join(folder, 'gpt2-of-a-killed-process.unfinished'))
    await forms.add(KEY, OPTIONS)
    expect((await readdir(folder)).length).toBe(1)
  })

  it('replaces the form of the same model for other weights', async () => {
    const { folder, forms } = await empty()
    await forms.add(KEY, OPTIONS)
    await forms.add({ ...KEY, digest: 'sha256 def' }, OPTIONS)
    expect((await readdir(folder)).length).toBe(1)
  })

  it('is deleted if four others were used after it', async () => {
    const { folder, forms } = await empty()
    const keys = Array.from({ length: 5 }, (_, i) => ({ ...KEY, model: { id: `${i}`, folder: `/${i}` } }))
    for (const [i, key] of keys.entries()) {
      await forms.add(key, OPTIONS)
      await utimes(join((await forms.find(key)) ?? '', 'form.json'), i + 1, i + 1)
    }
    await forms.add({ ...KEY, precision: 'int8' }, OPTIONS)
    expect((await readdir(folder)).map((name) => name.slice(0, 2)).sort()).toEqual(['2-', '3-', '4-', 'gp'])
  })

  it('is deleted with its model, and with the note of its use', async () => {
    const { folder, forms } = await empty()
    await forms.noteUse(KEY)
    await forms.add(KEY, OPTIONS)
    await forms.deleteOf(KEY.model)
    expect(await readdir(folder)).toEqual([])
  })

  it('counts for its model with all of its files', async () => {
    const { forms } = await empty()
    await forms.add(KEY, OPTIONS)
    const note = await readFile(join((await forms.find(KEY)) ?? '', 'form.json'))
    expect(await forms.bytesOf(KEY.model)).toBe('weights'.length + note.length)
  })
})

describe('The use of a model', () => {
  it('is the first one, and then another one', async () => {
    const { forms } = await empty()
    expect([await forms.noteUse(KEY), await forms.noteUse(KEY)]).toEqual([false, true])
  })
})

const OPTIONS = {
  weightBytes: GIGABYTE,
  make: (folder: string) => writeFile(join(folder, 'weights.data'), 'weights'),
  freeBytes: () => Promise.resolve(100 * GIGABYTE),
}

async function empty(): Promise<{ readonly folder: string; readonly forms: PrepackedForms }> {
  const folder = await temporaryFolder({})
  return { folder, forms: new PrepackedForms(folder) }
}
