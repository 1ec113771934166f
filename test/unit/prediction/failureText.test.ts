import { describe, expect, it } from 'vitest'
import { describeFailure } from '../../../src/prediction/failureText'
import {
  BaselineMemoryError,
  Fp32OutOfMemoryError,
  InferenceError,
  ModelFilesError,
  OutOfMemoryError,
} from '../../../src/shared/errors'
import { describeLackOfMemory } from '../../../src/shared/text/modelText'
import type { Inspection } from '../../../src/shared/contracts/panel/inspection'

const LARGE = { id: 'gpt2-large', parameters: 774_030_080, precision: 'fp32' } as const

/** An inspection with the fields that `describeFailure` uses. */
function inspectionOf(scored: number, tokens: number): Inspection {
  const sections = [{ tokens: Array(tokens).fill(null), predictions: Array(scored).fill(null) }]
  return { model: LARGE, sections } as unknown as Inspection
}

describe('describeFailure', () => {
  it('has the needed memory, the number of shown tokens and both remedies after a lack of memory', () => {
    expect(describeFailure(new OutOfMemoryError('no memory'), inspectionOf(512, 1500))).toEqual({
      message: 'gpt2-large needs 3.1 GB of memory, more than is available; 512 of 1,500 tokens are shown',
      remedies: ['useInt8', 'selectModel'],
    })
  })

  it('has only the needed memory if nothing is shown yet', () => {
    expect(describeFailure(new Fp32OutOfMemoryError(describeLackOfMemory(LARGE)))).toEqual({
      message: 'gpt2-large needs 3.1 GB of memory, more than is available',
      remedies: ['useInt8', 'selectModel'],
    })
  })

  it('offers only another model after a lack of memory in int8', () => {
    const small = new OutOfMemoryError(describeLackOfMemory({ ...LARGE, precision: 'int8' }))
    expect(describeFailure(small)).toEqual({
      message: 'gpt2-large needs 1.0 GB of memory, more than is available',
      remedies: ['selectModel'],
    })
  })

  it('keeps the message of a lack of memory for a second model', () => {
    const refused = new BaselineMemoryError('Both need 6 GB.')
    expect(describeFailure(refused, inspectionOf(2, 2))).toEqual({
      message: 'Both need 6 GB.',
      remedies: ['selectModel'],
    })
  })

  it('offers another model if the files are missing', () => {
    expect(describeFailure(new ModelFilesError('The folder does not exist.')).remedies).toEqual([
      'selectModel',
    ])
  })

  it('keeps the message of any other error', () => {
    const failure = describeFailure(new InferenceError('The runtime failed.'), inspectionOf(1, 2))
    expect(failure).toEqual({ message: 'The runtime failed.', remedies: [] })
  })
})
