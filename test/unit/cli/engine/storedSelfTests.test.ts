import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cacheFolder, storedSelfTests } from '../../../../src/cli/engine/storedSelfTests'

const SELF_TEST = {
  device: 'a CPU',
  maxDelta: 2e-5,
  meanDelta: 1e-6,
  milliseconds: { wasm: 9, accelerated: 3 },
}

const aCpu = () => 'a CPU'

describe('storedSelfTests', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'logitscope-checks-'))
  })
  afterEach(async () => {
    await rm(folder, { recursive: true })
  })

  it('has a self-test in the next command, for its processor and precision', () => {
    storedSelfTests(folder, aCpu).set('fp32', SELF_TEST)

    expect(storedSelfTests(folder, aCpu).get('fp32')).toEqual(SELF_TEST)
    expect(storedSelfTests(folder, aCpu).get('int8')).toBeUndefined()
    expect(storedSelfTests(folder, () => 'another CPU').get('fp32')).toBeUndefined()
  })

  it('keeps the selfTests of other precisions', () => {
    const selfTests = storedSelfTests(join(folder, 'new'), aCpu)
    selfTests.set('fp32', SELF_TEST)
    selfTests.set('int8', { ...SELF_TEST, meanDelta: 0.01 })

    expect(selfTests.get('fp32')).toEqual(SELF_TEST)
  })

  it.each(['', '[]', '{"backendCheck": 1}', 'no JSON'])(
    'has no self-test if its file is %j',
    async (content) => {
      await writeFile(join(folder, 'backend-selfTests.json'), content)

      expect(storedSelfTests(folder, aCpu).get('fp32')).toBeUndefined()
    },
  )

  it('has no self-test, and no error, if its folder cannot be written', async () => {
    await writeFile(join(folder, 'file'), '')
    const selfTests = storedSelfTests(join(folder, 'file'), aCpu)
    selfTests.set('fp32', SELF_TEST)

    expect(selfTests.get('fp32')).toBeUndefined()
  })
})

describe('cacheFolder', () => {
  it.each<[string, NodeJS.Platform, Record<string, string>, string]>([
    ['XDG_CACHE_HOME', 'linux', { XDG_CACHE_HOME: '/x' }, join('/x', 'logitscope')],
    ['~/.cache', 'linux', { XDG_CACHE_HOME: '' }, join(homedir(), '.cache', 'logitscope')],
    ['~/Library/Caches', 'darwin', {}, join(homedir(), 'Library', 'Caches', 'logitscope')],
    ['LOCALAPPDATA', 'win32', { LOCALAPPDATA: '/local' }, join('/local', 'logitscope')],
  ])('is below %s on %s', (_, platform, variables, expected) => {
    expect(cacheFolder(variables, platform)).toBe(expected)
  })
})
