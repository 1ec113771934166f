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

const SECRET = 'shared by both ends'

describe('A link over two commands', () => {
  let commands: FakeCommands
  let near: CommandLink
  let far: CommandLink
  let client: RpcClient<Methods>
  let ends: string[]

  beforeEach(() => {
    commands = new FakeCommands()
    near = new CommandLinks(commands, 'toHere').open(SECRET, 'toThere')
    far = new CommandLinks(commands, 'toThere').open(SECRET, 'toHere')
    client = new RpcClient<Methods>(near.engine)
    ends = []
    near.onEnd((reason) => {
      ends.push(`near: ${reason.message}`)
      client.close(reason)
    })
    far.onEnd((reason) => ends.push(`far: ${reason.message}`))
    serveRpc<Methods>(far.engine, {
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

  it('transfers calls, progress and results, with numbers bit for bit', async () => {
    const progress: unknown[] = []

    const result = await client.call('double', Float32Array.of(0.1, -0, Infinity), {
      onProgress: (value) => progress.push(value),
    })

    expect(result).toEqual(Float64Array.of(2 * Math.fround(0.1), -0, Infinity))
    expect(progress).toEqual([{ done: 3 }])
  })

  it('transfers named errors', async () => {
    await expect(client.call('refuse', undefined)).rejects.toThrow(InvalidRequestError)
  })

  it('rejects a request that it cannot transfer, and stays open', async () => {
    const withNaN = client.call('double', NaN as never)

    await expect(withNaN).rejects.toThrow(InvalidRequestError)
    await expect(client.call('double', Float32Array.of(1))).resolves.toEqual(Float64Array.of(2))
    expect(ends).toEqual([])
  })

  it('transfers cancels', async () => {
    const controller = new AbortController()
    const waiting = client.call('wait', undefined, { signal: controller.signal })
    await client.call('double', Float32Array.of(1))
    controller.abort()

    await expect(waiting).rejects.toThrow(CancelledError)
    await client.call('double', Float32Array.of(1))
    expect(ends).toEqual(['cancelled'])
  })

  it('keeps the two lanes separate', async () => {
    serveRpc<Pick<Methods, 'refuse'>>(near.resources, { refuse: () => Promise.resolve(7) })
    const back = new RpcClient<Pick<Methods, 'refuse'>>(far.resources)

    await expect(back.call('refuse', undefined)).resolves.toBe(7)
  })

  it('rejects messages without the secret', async () => {
    const call = { lane: 'engine', message: { type: 'call', id: 0, method: 'wait' } }
    const message = encodeMessage(call).buffer

    for (const secret of ['', 'guessed', 7, null])
      await expect(commands.execute('toThere', secret, 0, message)).rejects.toThrow('the link does not exist')
    await expect(client.call('double', Float32Array.of(1))).resolves.toEqual(Float64Array.of(2))
  })

  it.each([
    ['not an ArrayBuffer', { lane: 'end', reason: 'made up' }],
    ['not encoded', Uint8Array.of(9, 9, 9, 9, 9).buffer],
    ['for an unknown lane', encodeMessage({ lane: 'side', message: { type: 'cancel', id: 0 } }).buffer],
    ['a call without a method', encodeMessage({ lane: 'engine', message: { type: 'call', id: 0 } }).buffer],
    ['without a valid id', encodeMessage({ lane: 'engine', message: { type: 'cancel', id: 'x' } }).buffer],
    [
      'an error without a message',
      encodeMessage({ lane: 'engine', message: { type: 'error', id: 0, error: {} } }).buffer,
    ],
    ['undefined', undefined],
  ])('ends both sides if a message is %s', async (_, message) => {
    const waiting = client.call('wait', undefined)
    const rejected = expect(waiting).rejects.toThrow('not well-formed')
    await client.call('double', Float32Array.of(1))

    await expect(commands.execute('toThere', SECRET, 2, message)).rejects.toThrow('not well-formed')
    await rejected
    expect(ends).toEqual([
      'far: a message was lost or is not well-formed',
      'near: a message was lost or is not well-formed',
    ])
  })

  it('ends if the other side no longer has it', async () => {
    const links = new CommandLinks(commands, 'toAsking')
    links.open('known', 'toNone').onEnd(() => ends.push('known'))
    links.open('forgotten', 'toNone').onEnd(({ message }) => ends.push(`forgotten: ${message}`))
    commands.register('alive', (secret) => {
      if (secret === 'forgotten') throw new Error('the link does not exist')
    })
    links.endDead('alive')
    await new Promise(setImmediate)
    await new Promise(setImmediate)

    expect(ends).toEqual(['forgotten: the other side no longer exists'])
  })

  it('cannot be opened with a secret that is in use', () => {
    const links = new CommandLinks(commands, 'toAsking')
    links.open('known', 'toNone')

    expect(() => links.open('known', 'toNone')).toThrow('in use')
  })

  it('ends if a message is missing', async () => {
    const message = encodeMessage({ lane: 'engine', message: { type: 'cancel', id: 0 } }).buffer

    await expect(commands.execute('toThere', SECRET, 1, message)).rejects.toThrow('lost')
  })

  it('ends if the other side cannot be reached', async () => {
    const alone = new CommandLinks(commands, 'toAlone').open(SECRET, 'toNone')
    const client = new RpcClient<Methods>(alone.engine)
    alone.onEnd((reason) => {
      client.close(reason)
    })

    await expect(client.call('refuse', undefined)).rejects.toThrow('cannot be reached')
  })

  it('rejects pending calls with the reason of the other side', async () => {
    const waiting = client.call('wait', undefined)
    await client.call('double', Float32Array.of(1))
    far.end(new Error('the GPU was lost'))

    await expect(waiting).rejects.toThrow('the GPU was lost')
    await expect(client.call('refuse', undefined)).rejects.toThrow('the GPU was lost')
  })
})
