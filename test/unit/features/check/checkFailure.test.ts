import { describe, expect, it } from 'vitest'
import { describeCheckFailure, NoTokensError } from '../../../../src/features/check/checkFailure'
import { ArrayFileError, PickledArrayError } from '../../../../src/files/source/errors'

describe('A failed check', () => {
  it.each<[string, Error, string]>([
    ['a pickle', new PickledArrayError('It is a pickle.', 'np.save()'), 'copyConversion'],
    ['a file without tokens', new NoTokensError('No tokens.'), 'chooseText'],
    ['a file that cannot be read', new ArrayFileError('No array.'), 'copySnippet'],
    ['any other error', new Error('The engine ended.'), 'checkAgain'],
  ])('offers the next step for %s', (_, error, action) => {
    expect(describeCheckFailure(error).actions[0]).toBe(action)
  })

  it('has the line that converts a pickle', () => {
    const failure = describeCheckFailure(new PickledArrayError('It is a pickle.', 'np.save("x.npy", y)'))
    expect(failure.conversion).toBe('np.save("x.npy", y)')
  })
})
