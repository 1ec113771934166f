import { describe, expect, it } from 'vitest'

import { type PanelMessage, parsePanelMessage } from '../../../../src/shared/contracts/protocol'

const address = { inspectionId: 'a', section: 0, position: 3 }

describe("a panel's message", () => {
  it.each<PanelMessage>([
    { type: 'ready', inspectionId: null },
    { type: 'ready', inspectionId: 'a' },
    { type: 'pickToken', ...address, how: 'reveal' },
    { type: 'requestLogits', ...address },
    { type: 'copyRow', ...address },
    { type: 'setStartToken', startToken: false },
    { type: 'setTopK', topK: 40 },
    { type: 'runCommand', command: 'runAgain' },
  ])('is taken when it is well-formed: $type', (message) => {
    expect(parsePanelMessage(message)).toEqual(message)
  })

  it.each([
    ['nothing', null],
    ['a string', 'ready'],
    ['an unknown type', { type: 'eval' }],
    ['a command that no button has', { type: 'runCommand', command: 'workbench.action.quit' }],
    ['a negative position', { type: 'requestLogits', ...address, position: -1 }],
    ['a fractional section', { type: 'copyRow', ...address, section: 0.5 }],
    ['an endless id', { type: 'ready', inspectionId: 'a'.repeat(65) }],
    ['an unknown way to pick', { type: 'pickToken', ...address, how: 'delete' }],
    ['a switch that is no boolean', { type: 'setStartToken', startToken: 'yes' }],
    ['a number of alternatives that is none', { type: 'setTopK', topK: NaN }],
  ])('is refused when it is %s', (_, message) => {
    expect(parsePanelMessage(message)).toBeUndefined()
  })
})
