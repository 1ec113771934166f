import { appendFile, mkdir, readdir, readFile, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeSeededGpt2 } from '../../../../bench/fullSize/seededGpt2'
import { deleteInt8Forms, withInt8Form } from '../../../../src/model/derived/int8Cache'
import { withModelFolder } from '../../../../src/model/folder/modelFolder'
import { temporaryFolder } from '../../../support/checkpoints/checkpointTiny'

const CONFIG = { model_type: 'gpt2', n_layer: 1, n_head: 2, n_embd: 16, n_positions: 32, vocab_size: 50257 }

describe('The int8 form of a checkpoint', () => {
  it('is made once and read after that, and the model’s folder is left alone', async () => {
    const { model, cache } = await folders()
    const filesBefore = await readdir(model)
    const made = await headWeights(model, cache)
    const [file] = await readdir(cache)
    const { mtimeMs, ino } = await stat(join(cache, file))

    expect(await headWeights(model, cache)).toEqual(made)

    expect(await readdir(cache)).toEqual([file])
    expect(await stat(join(cache, file))).toMatchObject({ mtimeMs, ino })
    expect(await readdir(model)).toEqual(filesBefore)
  })

  it('is the same where nothing is kept', async () => {
    const { model, cache } = await folders()
    expect(await headWeights(model, undefined)).toEqual(await headWeights(model, cache))
  })

  it.each([
    ['is cut off', (file: string) => truncate(file, 5000)],
    ['is too long', (file: string) => appendFile(file, 'x')],
    ['is empty', (file: string) => truncate(file, 0)],
    [
      'is another form',
      async (file: string) =>
        writeFile(file, (await readFile(file, 'latin1')).replace('"version":"1"', '"version":"9"'), 'latin1'),
    ],
    [
      'lacks a tensor',
      async (file: string) =>
        writeFile(file, (await readFile(file, 'latin1')).replace('lm_head.scale', 'lm_head.scaly'), 'latin1'),
    ],
  ])('is made anew where the kept file %s', async (_what, damage) => {
    const { model, cache } = await folders()
    const made = await headWeights(model, cache)
    const [file] = await readdir(cache)
    const whole = await readFile(join(cache, file))
    await damage(join(cache, file))

    expect(await headWeights(model, cache)).toEqual(made)

    expect((await readFile(join(cache, file))).equals(whole)).toBe(true)
  })

  it('is made anew where the weights are others, and the old one goes', async () => {
    const { model, cache } = await folders()
    await headWeights(model, cache)
    const [before] = await readdir(cache)
    await utimes(join(model, 'model.safetensors'), 1, 1)

    await headWeights(model, cache)

    const after = await readdir(cache)
    expect(after).toHaveLength(1)
    expect(after).not.toEqual([before])
  })

  it('goes by the digest that was noted at install, where there is one', async () => {
    const { model, cache } = await folders()
    await headWeights(model, cache, 'abc')
    const before = await readdir(cache)
    await utimes(join(model, 'model.safetensors'), 1, 1)

    await headWeights(model, cache, 'abc')

    expect(await readdir(cache)).toEqual(before)
  })

  it('goes with its model, and no other does', async () => {
    const { model, cache } = await folders()
    await deleteInt8Forms(cache, { id: 'seeded', folder: model })
    await headWeights(model, cache)
    await deleteInt8Forms(cache, { id: 'seeded', folder: join(model, 'another') })
    expect(await readdir(cache)).toHaveLength(1)

    await deleteInt8Forms(cache, { id: 'seeded', folder: model })

    expect(await readdir(cache)).toEqual([])
  })

  it('stays only while it is one of the newest', async () => {
    const { model, cache } = await folders()
    for (let i = 0; i < 6; i++) await headWeights(model, cache, `digest ${i}`, `model-${i}`)

    const kept = (await readdir(cache)).sort().map((name) => name.slice(0, 'model-0'.length))
    expect(kept).toEqual(['model-2', 'model-3', 'model-4', 'model-5'])
  })

  it('is used all the same where it cannot be kept', async () => {
    const { model, cache } = await folders()
    await mkdir(cache, { recursive: true })
    await writeFile(join(cache, 'file'), '')

    expect(await headWeights(model, join(cache, 'file'))).toEqual(await headWeights(model, undefined))
  })
})

async function folders(): Promise<{ model: string; cache: string }> {
  const folder = await temporaryFolder({})
  const model = join(folder, 'model')
  await writeSeededGpt2(model, { config: CONFIG, type: 'F16' })
  return { model, cache: join(folder, 'kept', 'int8') }
}

function headWeights(
  model: string,
  cache: string | undefined,
  digest?: string,
  id = 'seeded',
): Promise<Uint8Array> {
  const location = { id, folder: model, description: '', ...(digest !== undefined && { digest }) }
  return withModelFolder(model, (checkpoint) =>
    withInt8Form(checkpoint, location, cache, (form) => {
      const bytes = new Uint8Array(form.weight('lm_head.weight').byteLength)
      form.readNow('lm_head.weight', bytes)
      return Promise.resolve(bytes)
    }),
  )
}
