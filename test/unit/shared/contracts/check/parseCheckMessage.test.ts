import { describe, expect, it } from 'vitest'
import { CHECK_ACTIONS } from '../../../../../src/shared/contracts/check/checkProtocol'
import { parseCheckMessage } from '../../../../../src/shared/contracts/check/parseCheckMessage'

describe('A message from the page of Check My GPT-2', () => {
  it.each(CHECK_ACTIONS)('may be the action %s', (action) => {
    expect(parseCheckMessage({ type: 'act', action, more: 1 })).toEqual({ type: 'act', action })
  })

  it('may say that the page is ready', () => {
    expect(parseCheckMessage({ type: 'ready' })).toEqual({ type: 'ready' })
  })

  it.each([null, 'ready', {}, { type: 'act' }, { type: 'act', action: 'deleteAll' }, { type: 'toString' }])(
    'is dropped if it is %j',
    (message) => {
      expect(parseCheckMessage(message)).toBeUndefined()
    },
  )
})
