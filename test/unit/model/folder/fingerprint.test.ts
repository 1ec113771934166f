import { utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fingerprintOf } from '../../../../src/model/folder/fingerprint'
import { temporaryFolder } from '../../../support/checkpoints/checkpointTiny'

const FILES = { 'config.json': '{}', 'model.safetensors': 'weights', 'README.md': 'a model' }

describe('fingerprintOf', () => {
  it('is the digest noted at install, even if the folder does not exist', async () => {
    expect(await fingerprintOf({ folder: '/no/such/folder', digest: 'abc' })).toBe('sha256 abc')
  })

  it('changes with the modification time of the weights, but not of other files', async () => {
    const folder = await temporaryFolder(FILES)
    const before = await fingerprintOf({ folder })
    await utimes(join(folder, 'README.md'), 1, 1)
    expect(await fingerprintOf({ folder })).toBe(before)

    await utimes(join(folder, 'model.safetensors'), 1, 1)

    expect(await fingerprintOf({ folder })).not.toBe(before)
  })

  it('differs between folders with the same files', async () => {
    const folders = await Promise.all([temporaryFolder(FILES), temporaryFolder(FILES)])
    const fingerprints = await Promise.all(folders.map((folder) => fingerprintOf({ folder })))
    expect(new Set(fingerprints).size).toBe(2)
  })
})
