import { beforeEach, describe, expect, it } from 'vitest'
import { type CommandLink, CommandLinks } from '../../../src/companion/commandLink'
import { CancelledError, InvalidRequestError } from '../../../src/shared/errors'
import { RpcClient, serveRpc } from '../../../src/shared/rpc'
import { encodeMessage } from '../../../src/companion/codec'
import { FakeCommands } from '../../support/fakes/fakeCommands'

interface Methods {
  double: { request: Float32Array; progress: { readonly done: number }; result: Float64Array }
  refuse: { request: undefined; progress: never; result: number }
  wait: { request: undefined; progress: never; result: number }
}

const SECRET = 'known to two'

describe('a link over two commands', () => {
  let commands: FakeCommands
  let here: CommandLink
  let there: CommandLink
  let client: RpcClient<Methods>
  let ends: string[]

  beforeEach(() => {
    commands = new FakeCommands()
    here = new CommandLinks(commands, 'toHere').open(SECRET, 'toThere')
    there = new CommandLinks(commands, 'toThere').open(SECRET, 'toHere')
    client = new RpcClient<Methods>(here.engine)
    ends = []
    here.onEnd((reason) => {
      ends.push(`here: ${reason.message}`)
      client.close(reason)
    })
    there.onEnd((reason) => ends.push(`there: ${reason.message}`))
    serveRpc<Methods>(there.engine, {
      double: (values, { onProgress }) => {
        onProgress({ done: values.length })
        return Promise.resolve(Float64Array.from(values, (value) => 2 * value))
      },
      refuse: () => Promise.reject(new InvalidRequestError('Not that.')),
      wait: (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            ends.push('cancelled')
            reject(new CancelledError())
          })
        }),
    })
  })

  it('carries calls, progress and results, numbers bit for bit', async () => {
    const progress: unknown[] = []

    const result = await client.call('double', Float32Array.of(0.1, -0, Infinity), {
      onProgress: (value) => progress.push(value),
    })

    expect(result).toEqual(Float64Array.of(2 * Math.fround(0.1), -0, Infinity))
    expect(progress).toEqual([{ done: 3 }])
  })

  it('carries named errors', async () => {
    await expect(client.call('refuse', undefined)).rejects.toThrow(InvalidRequestError)
  })

  it('refuses what it cannot carry, and lasts', async () => {
    const withNaN = client.call('double', NaN as never)

    await expect(withNaN).rejects.toThrow(InvalidRequestError)
    await expect(client.call('double', Float32Array.of(1))).resolves.toEqual(Float64Array.of(2))
    expect(ends).toEqual([])
  })

  it('carries cancels', async () => {
    const controller = new AbortController()
    const waiting = client.call('wait', undefined, { signal: controller.signal })
    await client.call('double', Float32Array.of(1))
    controller.abort()

    await expect(waiting).rejects.toThrow(CancelledError)
    await client.call('double', Float32Array.of(1))
    expect(ends).toEqual(['cancelled'])
  })

  it('keeps the two lanes apart', async () => {
    serveRpc<Pick<Methods, 'refuse'>>(here.resources, { refuse: () => Promise.resolve(7) })
    const back = new RpcClient<Pick<Methods, 'refuse'>>(there.resources)

    await expect(back.call('refuse', undefined)).resolves.toBe(7)
  })

  it('hears nobody who does not know the secret', async () => {
    const call = { lane: 'engine', message: { type: 'call', id: 0, method: 'wait' } }
    const message = encodeMessage(call).buffer

    for (const secret of ['', 'guessed', 7, null])
      await expect(commands.execute('toThere', secret, 0, message)).rejects.toThrow('no such link')
    await expect(client.call('double', Float32Array.of(1))).resolves.toEqual(Float64Array.of(2))
  })

  it.each([
    ['no bytes', { lane: 'end', reason: 'made up' }],
    ['bytes of another form', Uint8Array.of(9, 9, 9, 9, 9).buffer],
    ['a lane that is not there', encodeMessage({ lane: 'side', message: { type: 'cancel', id: 0 } }).buffer],
    ['a call without a method', encodeMessage({ lane: 'engine', message: { type: 'call', id: 0 } }).buffer],
    ['an id that is none', encodeMessage({ lane: 'engine', message: { type: 'cancel', id: 'x' } }).buffer],
    [
      'an error without words',
      encodeMessage({ lane: 'engine', message: { type: 'error', id: 0, error: {} } }).buffer,
    ],
    ['nothing at all', undefined],
  ])('ends both sides where a message is %s', async (_, message) => {
    const waiting = client.call('wait', undefined)
    const refused = expect(waiting).rejects.toThrow('not well-formed')
    await client.call('double', Float32Array.of(1))

    await expect(commands.execute('toThere', SECRET, 2, message)).rejects.toThrow('not well-formed')
    await refused
    expect(ends).toEqual([
      'there: a message was lost or is not well-formed',
      'here: a message was lost or is not well-formed',
    ])
  })

  it('ends where the other side does not know it any more', async () => {
    const links = new CommandLinks(commands, 'toAsking')
    links.open('known', 'toNobody').onEnd(() => ends.push('known'))
    links.open('forgotten', 'toNobody').onEnd(({ message }) => ends.push(`forgotten: ${message}`))
    commands.register('alive', (secret) => {
      if (secret === 'forgotten') throw new Error('there is no such link')
    })
    links.endDead('alive')
    await new Promise(setImmediate)
    await new Promise(setImmediate)

    expect(ends).toEqual(['forgotten: the other side is not there any more'])
  })

  it('has its secret for itself', () => {
    const links = new CommandLinks(commands, 'toAsking')
    links.open('known', 'toNobody')

    expect(() => links.open('known', 'toNobody')).toThrow('in use')
  })

  it('ends where a message is missing', async () => {
    const message = encodeMessage({ lane: 'engine', message: { type: 'cancel', id: 0 } }).buffer

    await expect(commands.execute('toThere', SECRET, 1, message)).rejects.toThrow('lost')
  })

  it('ends where the other side cannot be reached any more', async () => {
    const alone = new CommandLinks(commands, 'toAlone').open(SECRET, 'toNobody')
    const lonely = new RpcClient<Methods>(alone.engine)
    alone.onEnd((reason) => {
      lonely.close(reason)
    })

    await expect(lonely.call('refuse', undefined)).rejects.toThrow('cannot be reached')
  })

  it('rejects what is pending with the reason that the other side gave', async () => {
    const waiting = client.call('wait', undefined)
    await client.call('double', Float32Array.of(1))
    there.end(new Error('the GPU is gone'))

    await expect(waiting).rejects.toThrow('the GPU is gone')
    await expect(client.call('refuse', undefined)).rejects.toThrow('the GPU is gone')
  })
})
