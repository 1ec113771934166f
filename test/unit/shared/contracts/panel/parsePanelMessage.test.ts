import { describe, expect, it } from 'vitest'

import { parsePanelMessage } from '../../../../../src/shared/contracts/panel/parsePanelMessage'
import type { PanelMessage } from '../../../../../src/shared/contracts/panel/protocol'

const address = { inspectionId: 'a', section: 0, position: 3 }

describe('parsePanelMessage', () => {
  it.each<PanelMessage>([
    { type: 'ready', inspectionId: null },
    { type: 'ready', inspectionId: 'a' },
    { type: 'pickToken', ...address, how: 'reveal' },
    { type: 'requestLogits', ...address },
    { type: 'copyRow', ...address },
    { type: 'requestLens', inspectionId: 'a', request: 1, side: 'baseline', section: 0, from: 3, end: 9 },
    { type: 'cancelLens' },
    { type: 'setStartToken', startToken: false },
    { type: 'setTopK', topK: 40 },
    { type: 'runCommand', command: 'runAgain' },
    {
      type: 'requestWhy',
      subject: { ...address, side: 'shown', tokenId: 5, against: { kind: 'mean' } },
      knockedOut: [0, 3],
    },
    { type: 'requestFirstToken', text: ' cat' },
    { type: 'cancelWhy' },
  ])('accepts a well-formed $type', (message) => {
    expect(parsePanelMessage(message)).toEqual(message)
  })

  it.each([
    ['null', null],
    ['a string', 'ready'],
    ['an unknown type', { type: 'eval' }],
    ['the name of an inherited property as its type', { type: 'toString' }],
    ['a command that no button runs', { type: 'runCommand', command: 'workbench.action.quit' }],
    ['a negative position', { type: 'requestLogits', ...address, position: -1 }],
    ['a fractional section', { type: 'copyRow', ...address, section: 0.5 }],
    [
      'a range with a negative end',
      { type: 'requestLens', ...address, side: 'shown', request: 1, from: 3, end: -1 },
    ],
    ['a third side', { type: 'requestLens', ...address, side: 'other', request: 1, from: 3, end: 4 }],
    ['an id that is too long', { type: 'ready', inspectionId: 'a'.repeat(65) }],
    ['an unknown way of picking', { type: 'pickToken', ...address, how: 'delete' }],
    ['a start token that is not a boolean', { type: 'setStartToken', startToken: 'yes' }],
    [
      'a token to hold against that is not a number',
      {
        type: 'requestWhy',
        subject: { ...address, side: 'shown', tokenId: 5, against: { kind: 'token', tokenId: '6' } },
        knockedOut: [],
      },
    ],
    [
      'a knocked-out row that is negative',
      {
        type: 'requestWhy',
        subject: { ...address, side: 'shown', tokenId: 5, against: { kind: 'nothing' } },
        knockedOut: [-1],
      },
    ],
    ['a text that is too long', { type: 'requestFirstToken', text: 'a'.repeat(1001) }],
    ['a number of alternatives that is NaN', { type: 'setTopK', topK: NaN }],
  ])('rejects %s', (_, message) => {
    expect(parsePanelMessage(message)).toBeUndefined()
  })
})
