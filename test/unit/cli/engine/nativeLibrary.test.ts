import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findNativeLibrary } from '../../../../src/cli/engine/nativeLibrary'

describe('findNativeLibrary', () => {
  let folder: string
  let assetsFolder: string
  let library: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'logitscope-native-'))
    assetsFolder = join(folder, 'dist')
    library = join(folder, 'native', 'dist', 'onnxruntime.cjs')
    await mkdir(join(folder, 'native', 'dist'), { recursive: true })
    await writeFile(library, '')
  })
  afterEach(async () => {
    await rm(folder, { recursive: true })
  })

  it('is in native/ beside the bundles', () => {
    expect(findNativeLibrary({}, assetsFolder)).toEqual({ kind: 'found', path: library })
  })

  it.each(['native', join('native', 'dist', 'onnxruntime.cjs')])(
    'is where LOGITSCOPE_NATIVE says: %s',
    (place) => {
      const variables = { LOGITSCOPE_NATIVE: join(folder, place) }

      expect(findNativeLibrary(variables, '/elsewhere/dist')).toEqual({ kind: 'found', path: library })
    },
  )

  it('is missing, with what to do, if it is in neither place', () => {
    expect(findNativeLibrary({}, '/elsewhere/dist')).toEqual({
      kind: 'missing',
      reason:
        'The native library is missing. Run npm run native, or set LOGITSCOPE_NATIVE to the folder of the extension Logitscope Native.',
    })
  })

  it('is missing if LOGITSCOPE_NATIVE names another folder, although it is in native/', () => {
    const { kind } = findNativeLibrary({ LOGITSCOPE_NATIVE: '/elsewhere' }, assetsFolder)

    expect(kind).toBe('missing')
  })
})
