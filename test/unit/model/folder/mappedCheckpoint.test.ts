import { realpath } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { withMappedFiles } from '../../../../src/model/folder/mappedCheckpoint'
import { withModelFolder } from '../../../../src/model/folder/modelFolder'
import type { Weight } from '../../../../src/model/gpt2/checkpoint'
import { MINI } from '../../../support/engine/engineUnderTest'

describe('The files of a checkpoint', () => {
  it('are mapped if every tensor is aligned and in a file of the folder', async () => {
    expect(await mappedFolder((weight) => weight)).toBe(await realpath(MINI.folder))
  })

  it('are read if a tensor is not aligned', async () => {
    const unaligned = (weight: Weight) => ({ ...weight, place: { file: 'model.safetensors', offset: 4097 } })
    expect(await mappedFolder(unaligned)).toBeUndefined()
  })

  it('are read if a tensor is in no file', async () => {
    const computed = ({ type, shape, byteLength }: Weight) => ({ type, shape, byteLength })
    expect(await mappedFolder(computed)).toBeUndefined()
  })
})

/** The folder from which the embedded model would be mapped if its final layer norm were `changed`. */
function mappedFolder(changed: (weight: Weight) => Weight): Promise<string | undefined> {
  return withModelFolder(MINI.folder, async (checkpoint) => {
    const weight = (name: string) =>
      name === 'ln_f.weight' ? changed(checkpoint.weight(name)) : checkpoint.weight(name)
    return (await withMappedFiles({ ...checkpoint, weight }, MINI.folder)).mappedFolder
  })
}
