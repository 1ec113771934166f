import { createHash } from 'node:crypto'
import {
  appendFile,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeSeededGpt2 } from '../../../../bench/fullSize/seededGpt2'
import { fingerprintOf } from '../../../../src/model/folder/fingerprint'
import { deleteInt8Forms, int8FormBytes, withInt8Form } from '../../../../src/model/derived/int8Cache'
import { withMappedFiles } from '../../../../src/model/folder/mappedCheckpoint'
import { transformerGraph, vocabularyGraph } from '../../../../src/model/graphs/gpt2Graphs'
import { withModelFolder } from '../../../../src/model/folder/modelFolder'
import { INT8_FORM_VERSION } from '../../../../src/model/int8/int8Form'
import { elementAt } from '../../../../src/shared/elementAt'
import { temporaryFolder } from '../../../support/checkpoints/checkpointTiny'

const CONFIG = { model_type: 'gpt2', n_layer: 1, n_head: 2, n_embd: 8, n_positions: 32, vocab_size: 50257 }

/** The model that every test copies. */
let seeded: string
beforeAll(async () => {
  seeded = await mkdtemp(join(tmpdir(), 'logitscope-int8-'))
  await writeSeededGpt2(seeded, { config: CONFIG, type: 'F16' })
})
afterAll(async () => {
  await rm(seeded, { recursive: true })
})

describe('The int8 cache', () => {
  it('computes the int8 form once, reads it afterwards, and does not change the model’s folder', async () => {
    const { model, cache } = await folders()
    const filesBefore = await readdir(model)
    const computed = await headDigest(model, cache)
    const file = await onlyFile(cache)
    const { ino } = await stat(join(cache, file))

    expect(await headDigest(model, cache)).toBe(computed)

    expect(await readdir(cache)).toEqual([file])
    expect(await stat(join(cache, file))).toMatchObject({ ino })
    expect(await readdir(model)).toEqual(filesBefore)
  })

  it('has every tensor that the graphs use, each at a multiple of its elements’ size', async () => {
    const { model, cache } = await folders()
    const misplaced = await withModelFolder(model, (checkpoint) =>
      withInt8Form(checkpoint, { id: 'seeded', folder: model, fingerprint: 'any' }, cache, async (form) => {
        const mapped = await withMappedFiles(form, cache)
        return [...transformerGraph(mapped).weights, ...vocabularyGraph(mapped, Infinity).weights].filter(
          (name) => mapped.mappedFolder === undefined || form.weight(name).place === undefined,
        )
      }),
    )
    expect(misplaced).toEqual([])
  })

  it('gives the same form without a cache folder', async () => {
    const { model, cache } = await folders()
    expect(await headDigest(model, undefined)).toBe(await headDigest(model, cache))
  })

  it.each([
    ['is truncated', (file: string) => truncate(file, 5000)],
    ['is too long', (file: string) => appendFile(file, 'x')],
    ['is empty', (file: string) => truncate(file, 0)],
    [
      'has another version',
      async (file: string) =>
        writeFile(
          file,
          (await readFile(file, 'latin1')).replace(`"version":"${INT8_FORM_VERSION}"`, '"version":"9"'),
          'latin1',
        ),
    ],
    [
      'lacks a tensor',
      async (file: string) =>
        writeFile(file, (await readFile(file, 'latin1')).replace('lm_head.scale', 'lm_head.scaly'), 'latin1'),
    ],
  ])('computes the form again if the cached file %s', async (_what, damage) => {
    const { model, cache } = await folders()
    const computed = await headDigest(model, cache)
    const file = await onlyFile(cache)
    const whole = await readFile(join(cache, file))
    await damage(join(cache, file))

    expect(await headDigest(model, cache)).toBe(computed)

    expect((await readFile(join(cache, file))).equals(whole)).toBe(true)
  })

  it('computes the form again if the weights have changed, and deletes the old one', async () => {
    const { model, cache } = await folders()
    await headDigest(model, cache)
    const before = await onlyFile(cache)
    await utimes(join(model, 'model.safetensors'), 1, 1)

    await headDigest(model, cache)

    expect(await onlyFile(cache)).not.toBe(before)
  })

  it('identifies the weights by the digest that was noted at install, if there is one', async () => {
    const { model, cache } = await folders()
    await headDigest(model, cache, { digest: 'abc' })
    const before = await readdir(cache)
    await utimes(join(model, 'model.safetensors'), 1, 1)

    await headDigest(model, cache, { digest: 'abc' })

    expect(await readdir(cache)).toEqual(before)
  })

  it('deletes the forms of one model and no others', async () => {
    const { model, cache } = await folders()
    await deleteInt8Forms(cache, { id: 'seeded', folder: model })
    await headDigest(model, cache)
    await deleteInt8Forms(cache, { id: 'seeded', folder: join(model, 'another') })
    expect(await readdir(cache)).toHaveLength(1)

    await deleteInt8Forms(cache, { id: 'seeded', folder: model })

    expect(await readdir(cache)).toEqual([])
  })

  it('counts the bytes of the forms of one model and no others', async () => {
    const { model, cache } = await folders()
    await headDigest(model, cache)
    const { size } = await stat(join(cache, await onlyFile(cache)))
    const bytesOf = (folder: string) => int8FormBytes(cache, { id: 'seeded', folder })
    expect([await bytesOf(model), await bytesOf(join(model, 'another'))]).toEqual([size, 0])
  })

  it('keeps only the newest forms', async () => {
    const { model, cache } = await folders()
    for (let i = 0; i < 6; i++) await headDigest(model, cache, { digest: `digest ${i}`, id: `model-${i}` })

    const cached = (await readdir(cache)).sort().map((name) => name.slice(0, 'model-0'.length))
    expect(cached).toEqual(['model-2', 'model-3', 'model-4', 'model-5'])
  })

  it('keeps a form that is used, although it is older than others', async () => {
    const { model, cache } = await folders()
    const use = (i: number) => headDigest(model, cache, { digest: `digest ${i}`, id: `model-${i}` })
    for (let i = 0; i < 4; i++) await use(i)
    for (const [time, name] of (await readdir(cache)).sort().entries())
      await utimes(join(cache, name), time, time)
    await use(0)

    await use(4)

    const cached = (await readdir(cache)).map((name) => name.slice(0, 'model-0'.length))
    expect(cached).toContain('model-0')
  })

  it('adds a form although an older one cannot be deleted, as Windows deletes no mapped file', async () => {
    const { model, cache } = await folders()
    await headDigest(model, cache)
    const older = await onlyFile(cache)
    // A folder cannot be deleted like a file.
    await rm(join(cache, older))
    await mkdir(join(cache, older))
    await utimes(join(model, 'model.safetensors'), 1, 1)

    const file = await fileOfForm(model, cache)

    expect((await readdir(cache)).filter((name) => name !== older)).toEqual([file])
  })

  it('computes the form if it cannot be stored', async () => {
    const { model, cache } = await folders()
    await mkdir(cache, { recursive: true })
    await writeFile(join(cache, 'file'), '')

    expect(await headDigest(model, join(cache, 'file'))).toBe(await headDigest(model, undefined))
  })
})

async function folders(): Promise<{ model: string; cache: string }> {
  const folder = await temporaryFolder({})
  const model = join(folder, 'model')
  await mkdir(model)
  for (const name of await readdir(seeded)) await copyFile(join(seeded, name), join(model, name))
  return { model, cache: join(folder, 'cache', 'int8') }
}

async function onlyFile(folder: string): Promise<string> {
  const names = await readdir(folder)
  expect(names).toHaveLength(1)
  return elementAt(names, 0)
}

/** Name of the cached file that the form is read from; undefined if it is computed in memory. */
async function fileOfForm(model: string, cache: string): Promise<string | undefined> {
  const fingerprint = await fingerprintOf({ folder: model })
  return withModelFolder(model, (checkpoint) =>
    withInt8Form(checkpoint, { id: 'seeded', folder: model, fingerprint }, cache, (form) =>
      Promise.resolve(form.weight('lm_head.weight').place?.file),
    ),
  )
}

/** SHA-256 of the int8 head, which is computed from the whole vocabulary. */
function headDigest(
  model: string,
  cache: string | undefined,
  { digest, id = 'seeded' }: { readonly digest?: string; readonly id?: string } = {},
): Promise<string> {
  return withModelFolder(model, async (checkpoint) => {
    const fingerprint = await fingerprintOf({ folder: model, digest })
    return withInt8Form(checkpoint, { id, folder: model, fingerprint }, cache, (form) => {
      const bytes = new Uint8Array(form.weight('lm_head.weight').byteLength)
      form.readNow('lm_head.weight', bytes)
      return Promise.resolve(createHash('sha256').update(bytes).digest('hex'))
    })
  })
}
