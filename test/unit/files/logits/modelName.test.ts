import { describe, expect, it } from 'vitest'
import { fileInMemory } from '../../../../src/files/source/fileSource'
import { modelNameOf } from '../../../../src/files/logits/modelName'
import { openLogits } from '../../../../src/files/logits/openLogits'
import { fileWithHeader, float32Bytes } from '../../../support/checkpoints/checkpointBytes'
import { npyBytes } from '../../../support/files/arrayWriters'
import { logitsRow, V } from '../../../support/files/savedLogits'

const ROW = float32Bytes(logitsRow(1))
const nameIn = (bytes: Uint8Array) => modelNameOf(fileInMemory('logits', bytes))

/** One row of logits with this metadata. */
function safetensorsWith(metadata: unknown): Uint8Array {
  const logits = { dtype: 'F32', shape: [1, V], data_offsets: [0, ROW.length] }
  return fileWithHeader(JSON.stringify({ __metadata__: metadata, logits }), ROW)
}

describe('The model that a file of logits names', () => {
  it('is in the metadata of a safetensors file', async () => {
    const file = await openLogits(fileInMemory('logits.safetensors', safetensorsWith({ model: 'gpt2' })))
    expect(file.model).toBe('gpt2')
  })

  it.each([
    ['no metadata', safetensorsWith(undefined)],
    ['metadata without it', safetensorsWith({ format: 'np' })],
    ['a name that is not a string', safetensorsWith({ model: 2 })],
    ['an array without metadata', npyBytes({ shape: [1, V], data: ROW })],
    ['an empty file', new Uint8Array(0)],
  ])('is unknown with %s', async (_, bytes) => {
    expect(await nameIn(bytes)).toBeUndefined()
  })
})
