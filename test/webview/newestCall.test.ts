import { describe, expect, it } from 'vitest'

import type { PanelCalls } from '../../src/shared/contracts/panel/panelCalls'
import { CancelledError, EngineStoppedError, PanelCallError } from '../../src/shared/errors'
import { RpcClient, type RpcHandlers, serveRpc } from '../../src/shared/rpc'
import { channelPair } from '../support/engine/engineChannel'
import { type CallListeners, NewestCall } from '../../webview/controllers/newestCall'

type FirstToken = RpcHandlers<Pick<PanelCalls, 'firstToken'>>['firstToken']

/** The calls of a page whose host answers with `firstToken`. */
function connect(firstToken: FirstToken) {
  const [pagesEnd, hostsEnd] = channelPair()
  serveRpc<Pick<PanelCalls, 'firstToken'>>(hostsEnd, { firstToken })
  const client = new RpcClient<PanelCalls>(pagesEnd)
  return { client, call: new NewestCall(client, 'firstToken') }
}

/** Notes what is heard, as `<name> <result or message>`. */
function listeners(name: string, heard: string[]): CallListeners<'firstToken'> {
  return {
    onResult: (tokenId) => heard.push(`${name} ${tokenId}`),
    onFailure: ({ message, remedies }) => heard.push([`${name} ${message}`, ...remedies].join()),
  }
}

/** Resolves once the host has answered a call that was sent after all others. */
async function answered(client: RpcClient<PanelCalls>): Promise<void> {
  await client.call('firstToken', { text: 'last' })
}

describe('the newest call', () => {
  it('cancels the one before it, of which nothing more is heard', async () => {
    const cancelled: string[] = []
    const heard: string[] = []
    const { client, call } = connect(({ text }, { signal }) => {
      if (text !== 'older') return Promise.resolve(7)
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          cancelled.push(text)
          resolve(3)
        })
      })
    })

    call.ask({ text: 'older' }, listeners('older', heard))
    call.ask({ text: 'newer' }, listeners('newer', heard))

    await answered(client)
    expect([cancelled, heard]).toEqual([['older'], ['newer 7']])
  })

  it('has the message and the remedies of a failure', async () => {
    const heard: string[] = []
    const { client, call } = connect(({ text }) =>
      text === 'last'
        ? Promise.resolve(1)
        : Promise.reject(new PanelCallError('full', { remedies: ['useInt8'] })),
    )
    call.ask({ text: 'a' }, listeners('a', heard))
    await answered(client)
    expect(heard).toEqual(['a full,useInt8'])
  })

  it('has only the message of another error', async () => {
    const heard: string[] = []
    const { client, call } = connect(({ text }) =>
      text === 'last' ? Promise.resolve(1) : Promise.reject(new EngineStoppedError('stopped')),
    )
    call.ask({ text: 'a' }, listeners('a', heard))
    await answered(client)
    expect(heard).toEqual(['a stopped'])
  })

  it('ends quietly if the host cancels it', async () => {
    const heard: string[] = []
    const { client, call } = connect(({ text }) =>
      text === 'last' ? Promise.resolve(1) : Promise.reject(new CancelledError()),
    )
    call.ask({ text: 'a' }, listeners('a', heard))
    await answered(client)
    expect(heard).toEqual([])
  })
})
