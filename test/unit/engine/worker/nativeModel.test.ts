// A stored model and its prepacked form on the native runtime.

import { cp, readdir, readFile, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeSeededGpt2 } from '../../../../bench/fullSize/seededGpt2'
import type { FloatType } from '../../../../bench/fullSize/storedFloats'
import type { EngineOptions } from '../../../../src/engine/contract/engineOptions'
import { processorFeatures } from '../../../../src/engine/runtime/native/processor'
import { NativeModel } from '../../../../src/engine/worker/nativeModel'
import { checkSameLogits } from '../../../../src/engine/worker/sameLogits'
import type { Precision } from '../../../../src/shared/contracts/engine/prediction'
import { InferenceError } from '../../../../src/shared/errors'
import { temporaryFolder } from '../../../support/checkpoints/checkpointTiny'
import { connect, freshEngine, score, scoreEverything } from '../../../support/engine/engineUnderTest'
import { NATIVE_LIBRARY } from '../../../support/engine/loadModel'

const SEEDED = { model_type: 'gpt2', n_layer: 3, n_head: 2, n_embd: 64, n_positions: 64, vocab_size: 50257 }
const IDS = Int32Array.from({ length: 40 }, (_, i) => (i * 7919 + 13) % 50257)
const MACHINE = { processor: processorFeatures, freeMemory: () => 1e9 }
const PRECISIONS = ['fp32', 'int8'] as const satisfies readonly Precision[]

describe.each(PRECISIONS)('The prepacked form in %s', (precision) => {
  it('is wanted from the second use on, and not where it exists', async () => {
    const options = await stored(precision)
    const wanted: boolean[] = []
    for (let use = 0; use < 3; use++) {
      const model = new NativeModel(options)
      await model.load()
      wanted.push(model.isFormWanted)
      if (model.isFormWanted) await model.makeForm()
    }
    expect(wanted).toEqual([false, true, false])
  })

  it.runIf(process.platform === 'linux')('is mapped from its files', async () => {
    const options = await withForm(precision)
    // This process still maps the files that it has made the form of.
    const prepackedFolder = await temporaryFolder({})
    await cp(options.prepackedFolder, prepackedFolder, { recursive: true })
    const model = await new NativeModel({ ...options, prepackedFolder }).load()
    expect(await readFile('/proc/self/maps', 'utf8')).toContain(prepackedFolder)
    expect(model.info.precision).toBe(precision)
  })

  it('gives the numbers of the model’s files', async () => {
    const options = await withForm(precision)
    const prepacked = await new NativeModel(options).load()
    await checkSameLogits(prepacked, await new NativeModel(await withoutForm(options)).load())
  })

  it('gives the same numbers in steps of any size', async () => {
    const model = await new NativeModel(await withForm(precision)).load()
    const scores = (steps: number) => score(connect(freshEngine(model, steps)), scoreEverything(IDS))
    const [whole, small] = [await scores(40), await scores(7)]
    expect(maxDelta(whole.targetLogit, small.targetLogit)).toBeLessThan(1e-5)
  })

  it('is not loaded on another processor', async () => {
    const options = await withForm(precision)
    const form = await onlyForm(options)
    // A form that cannot be loaded is deleted, so one that is left was not tried.
    await truncate(join(options.prepackedFolder, form, 'vocabulary.onnx'), 100)
    await new NativeModel(options, { ...MACHINE, processor: () => Promise.resolve('another') }).load()
    expect(await readdir(options.prepackedFolder)).toContain(form)
  })

  it.each(['vocabulary.data', 'transformer.onnx'])(
    'is deleted, and the model’s files are loaded, if %s is truncated',
    async (file) => {
      const options = await withForm(precision)
      const form = await onlyForm(options)
      await truncate(join(options.prepackedFolder, form, file), 100)
      const model = await new NativeModel(options).load()
      expect(await readdir(options.prepackedFolder)).not.toContain(form)
      expect(model.info.backend).toBe('native')
    },
  )
})

describe('A prepacked form', () => {
  it('is not made if memory is short', async () => {
    const options = await stored('fp32')
    await new NativeModel(options, { ...MACHINE, freeMemory: () => 1_000_000 }).makeForm()
    expect(await readdir(options.prepackedFolder)).toEqual([])
  })

  it('is not made of a user’s own model, which has no digest', async () => {
    const options = await stored('fp32')
    const { id, folder, description } = options.model
    const native = new NativeModel({ ...options, model: { id, folder, description, storage: 'user' } })
    await native.load()
    await native.makeForm()
    expect(await readdir(options.prepackedFolder)).toEqual([])
  })

  it('is not made again if ONNX Runtime cannot read its own file, as for a tied head in F16', async () => {
    const native = new NativeModel(await stored('fp32', 'F16'))
    await native.load()
    await expect(native.makeForm()).rejects.toThrow(InferenceError)
    await native.load()
    expect(native.isFormWanted).toBe(false)
  })

  it('that differs from its model is refused', async () => {
    const [options, other] = [await withForm('fp32'), await withForm('fp32')]
    await writeSeededGpt2(other.model.folder, { config: SEEDED, type: 'F32', deviation: 0.05 })
    const files = await withoutForm(other)
    const [model, otherModel] = [await new NativeModel(options).load(), await new NativeModel(files).load()]
    await expect(checkSameLogits(model, otherModel)).rejects.toThrow(InferenceError)
  })
})

type Options = EngineOptions & Required<Pick<EngineOptions, 'prepackedFolder'>>

async function stored(precision: Precision, type: FloatType = 'F32'): Promise<Options> {
  const folder = await temporaryFolder({})
  await writeSeededGpt2(folder, { config: SEEDED, type })
  return {
    model: { id: 'seeded', folder, description: 'A seeded model.', storage: 'logitscope', digest: 'abc' },
    backend: 'native',
    precision,
    threads: 1,
    assetsFolder: '',
    nativeLibrary: NATIVE_LIBRARY,
    cacheFolder: await temporaryFolder({}),
    prepackedFolder: await temporaryFolder({}),
  }
}

async function withForm(precision: Precision): Promise<Options> {
  const options = await stored(precision)
  await new NativeModel(options).makeForm()
  return options
}

async function withoutForm(options: Options): Promise<Options> {
  return { ...options, prepackedFolder: await temporaryFolder({}) }
}

async function onlyForm({ prepackedFolder }: Options): Promise<string> {
  const [form, ...others] = (await readdir(prepackedFolder)).filter((name) => name.startsWith('seeded-'))
  if (form === undefined || others.length > 0) throw new Error('not one form')
  return form
}

function maxDelta(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? NaN))))
}
