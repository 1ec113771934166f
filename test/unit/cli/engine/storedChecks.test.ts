import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cacheFolder, storedChecks } from '../../../../src/cli/engine/storedChecks'

const CHECK = {
  device: 'a CPU',
  maxDelta: 2e-5,
  meanDelta: 1e-6,
  milliseconds: { wasm: 9, accelerated: 3 },
}

const aCpu = () => 'a CPU'

describe('storedChecks', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'logitscope-checks-'))
  })
  afterEach(async () => {
    await rm(folder, { recursive: true })
  })

  it('has a check in the next command, for its processor and precision', () => {
    storedChecks(folder, aCpu).set('fp32', CHECK)

    expect(storedChecks(folder, aCpu).get('fp32')).toEqual(CHECK)
    expect(storedChecks(folder, aCpu).get('int8')).toBeUndefined()
    expect(storedChecks(folder, () => 'another CPU').get('fp32')).toBeUndefined()
  })

  it('keeps the checks of other precisions', () => {
    const checks = storedChecks(join(folder, 'new'), aCpu)
    checks.set('fp32', CHECK)
    checks.set('int8', { ...CHECK, meanDelta: 0.01 })

    expect(checks.get('fp32')).toEqual(CHECK)
  })

  it.each(['', '[]', '{"backendCheck": 1}', 'no JSON'])('has no check if its file is %j', async (content) => {
    await writeFile(join(folder, 'backend-checks.json'), content)

    expect(storedChecks(folder, aCpu).get('fp32')).toBeUndefined()
  })

  it('has no check, and no error, if its folder cannot be written', async () => {
    await writeFile(join(folder, 'file'), '')
    const checks = storedChecks(join(folder, 'file'), aCpu)
    checks.set('fp32', CHECK)

    expect(checks.get('fp32')).toBeUndefined()
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
