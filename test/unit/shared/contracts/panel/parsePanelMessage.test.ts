import { describe, expect, it } from 'vitest'

import { parsePanelMessage } from '../../../../../src/shared/contracts/panel/parsePanelMessage'
import type { PanelCalls } from '../../../../../src/shared/contracts/panel/panelCalls'
import type { PanelMessage } from '../../../../../src/shared/contracts/panel/protocol'

const address = { inspectionId: 'a', section: 0, position: 3 }
const lens = { inspectionId: 'a', side: 'baseline', section: 0, from: 3, end: 9 }
const subject = { ...address, side: 'shown', tokenId: 5, contrast: { kind: 'mean' } }

function call(method: unknown, request: unknown, id: unknown = 0): unknown {
  return { type: 'rpc', message: { type: 'call', id, method, request } }
}

describe('parsePanelMessage', () => {
  it.each<PanelMessage>([
    { type: 'ready', inspectionId: null },
    { type: 'ready', inspectionId: 'a' },
    { type: 'pickToken', ...address, how: 'reveal' },
    { type: 'copyRow', ...address },
    { type: 'setStartToken', startToken: false },
    { type: 'setTopK', topK: 40 },
    { type: 'runCommand', command: 'runAgain' },
    { type: 'rpc', message: { type: 'cancel', id: 3 } },
  ])('accepts a well-formed $type', (message) => {
    expect(parsePanelMessage(message)).toEqual(message)
  })

  it.each<[keyof PanelCalls, unknown]>([
    ['logits', address],
    ['lens', lens],
    ['why', { subject, knockedOut: [0, 3] }],
    ['firstToken', { text: ' cat' }],
  ])('accepts a well-formed call of %s', (method, request) => {
    const message = call(method, request)
    expect(parsePanelMessage(message)).toEqual(message)
  })

  it.each([
    ['null', null],
    ['a string', 'ready'],
    ['an unknown type', { type: 'eval' }],
    ['the name of an inherited property as its type', { type: 'toString' }],
    ['a command that no button runs', { type: 'runCommand', command: 'workbench.action.quit' }],
    ['a negative position', { type: 'copyRow', ...address, position: -1 }],
    ['a fractional section', { type: 'copyRow', ...address, section: 0.5 }],
    ['an id that is too long', { type: 'ready', inspectionId: 'a'.repeat(65) }],
    ['an unknown way of picking', { type: 'pickToken', ...address, how: 'delete' }],
    ['a start token that is not a boolean', { type: 'setStartToken', startToken: 'yes' }],
    ['a number of alternatives that is NaN', { type: 'setTopK', topK: NaN }],
  ])('rejects %s', (_, message) => {
    expect(parsePanelMessage(message)).toBeUndefined()
  })

  it.each([
    ['no message', { type: 'rpc' }],
    ['an unknown method', call('eval', {})],
    ['the name of an inherited property as its method', call('toString', {})],
    ['a number as its method', call(0, {})],
    ['an id that is not a number', call('logits', address, '0')],
    ['a negative id', call('logits', address, -1)],
    ['a fractional id', call('logits', address, 0.5)],
    ['no request', call('logits', undefined)],
    ['a request without an inspection', call('logits', { section: 0, position: 3 })],
    ['a negative position', call('logits', { ...address, position: -1 })],
    ['a range with a negative end', call('lens', { ...lens, end: -1 })],
    ['a third side', call('lens', { ...lens, side: 'other' })],
    [
      'a token to contrast with that is not a number',
      call('why', { subject: { ...subject, contrast: { kind: 'token', tokenId: '6' } }, knockedOut: [] }),
    ],
    ['a knocked-out row that is negative', call('why', { subject, knockedOut: [-1] })],
    ['a text that is too long', call('firstToken', { text: 'a'.repeat(1001) })],
  ])('rejects a call with %s', (_, message) => {
    expect(parsePanelMessage(message)).toBeUndefined()
  })

  it.each([
    ['progress', { type: 'progress', id: 0, value: 1 }],
    ['a result', { type: 'result', id: 0, value: 1 }],
    ['an error', { type: 'error', id: 0, error: { name: 'Error', message: '', details: '' } }],
    ['a cancellation without an id', { type: 'cancel' }],
  ])('rejects %s, because the page only asks', (_, message) => {
    expect(parsePanelMessage({ type: 'rpc', message })).toBeUndefined()
  })
})
