import { describe, expect, it } from 'vitest'
import { describeFailure } from '../../../src/prediction/failureText'
import {
  Fp32OutOfMemoryError,
  InferenceError,
  ModelFilesError,
  OutOfMemoryError,
} from '../../../src/shared/errors'
import { describeLackOfMemory } from '../../../src/shared/text/modelText'
import type { Inspection } from '../../../src/shared/contracts/prediction'

const LARGE = { id: 'gpt2-large', parameters: 774_030_080, precision: 'fp32' } as const

/** As much of an inspection as a failure is told by. */
function inspectionOf(scored: number, tokens: number): Inspection {
  const sections = [{ tokens: Array(tokens).fill(null), predictions: Array(scored).fill(null) }]
  return { model: LARGE, sections } as unknown as Inspection
}

describe('A failure', () => {
  it('for want of memory says what is needed and what is shown, and offers int8 and another model', () => {
    expect(describeFailure(new OutOfMemoryError('no memory'), inspectionOf(512, 1500))).toEqual({
      message: 'gpt2-large needs 3.1 GB and could not get it; 512 of 1,500 tokens are shown',
      remedies: ['useInt8', 'selectModel'],
    })
  })

  it('for want of memory before anything is shown says what is needed', () => {
    expect(describeFailure(new Fp32OutOfMemoryError(describeLackOfMemory(LARGE)))).toEqual({
      message: 'gpt2-large needs 3.1 GB and could not get it',
      remedies: ['useInt8', 'selectModel'],
    })
  })

  it('for want of memory in int8 offers another model only', () => {
    const small = new OutOfMemoryError(describeLackOfMemory({ ...LARGE, precision: 'int8' }))
    expect(describeFailure(small)).toEqual({
      message: 'gpt2-large needs 1.0 GB and could not get it',
      remedies: ['selectModel'],
    })
  })

  it('of a model that is not there offers another one', () => {
    expect(describeFailure(new ModelFilesError('It is not there.')).remedies).toEqual(['selectModel'])
  })

  it('of another kind is said as it is', () => {
    const failure = describeFailure(new InferenceError('The runtime failed.'), inspectionOf(1, 2))
    expect(failure).toEqual({ message: 'The runtime failed.', remedies: [] })
  })
})
