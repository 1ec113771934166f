import { describe, expect, it } from 'vitest'
import {
  CancelledError,
  EngineStoppedError,
  InvalidRequestError,
  ModelFilesError,
} from '../../../src/shared/errors'
import { RpcClient, type RpcHandlers, serveRpc } from '../../../src/shared/rpc'
import { channelPair } from '../../support/engine/engineChannel'

interface Methods {
  double: { request: number; progress: never; result: number }
  count: { request: { readonly to: number }; progress: number; result: string }
  fail: { request: Error; progress: never; result: never }
  wait: { request: undefined; progress: string; result: string }
}

/** One method with an unusual answer. */
interface Odd {
  odd: { request: undefined; progress: never; result: () => void }
}

interface Columns {
  columns: { request: undefined; progress: never; result: { readonly part: Int32Array } }
}

/**
 * A server whose `wait` runs until it is cancelled. `log` has its events, `received` the types of the messages to the
 * caller's end.
 */
function connect() {
  const [callersEnd, serversEnd] = channelPair()
  const log: string[] = []
  const received: string[] = []
  callersEnd.onMessage(({ type }) => received.push(type))
  const handlers: RpcHandlers<Methods> = {
    double: (n) => Promise.resolve(2 * n),
    count: ({ to }, { onProgress }) => {
      for (let i = 1; i <= to; i++) onProgress(i)
      return Promise.resolve('counted')
    },
    fail: (error) => Promise.reject(error),
    wait: (_, { signal, onProgress }) =>
      new Promise((_resolve, reject) => {
        onProgress('waiting')
        signal.addEventListener('abort', () => {
          log.push(`cancelled with ${(signal.reason as Error).name}`)
          onProgress('cancelled')
          reject(new CancelledError())
        })
      }),
  }
  const end = serveRpc<Methods>(serversEnd, handlers)
  return { client: new RpcClient<Methods>(callersEnd), log, received, end }
}

describe('A call', () => {
  it('resolves with the result of the other side', async () => {
    expect(await connect().client.call('double', 21)).toBe(42)
  })

  it('delivers all progress in order before the result', async () => {
    const log: unknown[] = []
    const result = connect().client.call('count', { to: 3 }, { onProgress: (n) => log.push(n) })
    log.push(await result)
    expect(log).toEqual([1, 2, 3, 'counted'])
  })

  it('gets its own result while other calls run', async () => {
    const { client } = connect()
    expect(await Promise.all([1, 2, 3].map((n) => client.call('double', n)))).toEqual([2, 4, 6])
  })

  it('rejects with a named error of the other side, whose details are its cause', async () => {
    const failure = connect().client.call('wrong' as 'double', 1)
    await expect(failure).rejects.toThrow('unknown method wrong')
    await expect(failure).rejects.toMatchObject({
      cause: { message: expect.stringContaining('rpc.ts') as string },
    })
  })

  it('cannot call a method that every object inherits', async () => {
    await expect(connect().client.call('toString' as 'double', 1)).rejects.toThrow('unknown method toString')
  })

  it('rejects if the result cannot be cloned', async () => {
    const [callersEnd, serversEnd] = channelPair()
    serveRpc<Odd>(serversEnd, {
      odd: () => Promise.resolve(() => undefined),
    })
    await expect(new RpcClient<Odd>(callersEnd).call('odd', undefined)).rejects.toThrow('could not be cloned')
  })

  it('moves the parts of the result that its handler gives away', async () => {
    const [callersEnd, serversEnd] = channelPair()
    const part = Int32Array.of(1, 2, 3)
    serveRpc<Columns>(serversEnd, {
      columns: (_, { transfer }) => {
        transfer([part])
        return Promise.resolve({ part })
      },
    })

    const result = await new RpcClient<Columns>(callersEnd).call('columns', undefined)

    expect({ received: result.part, left: part.length }).toEqual({
      received: Int32Array.of(1, 2, 3),
      left: 0,
    })
  })

  it('rejects if the request cannot be cloned', async () => {
    const { client } = connect()
    await expect(client.call('double', (() => 1) as never)).rejects.toThrow(InvalidRequestError)
  })
})

describe('A failing handler', () => {
  it('rejects the call with the same class, message and cause', async () => {
    const [callersEnd, serversEnd] = channelPair()
    serveRpc<Odd>(serversEnd, {
      odd: () => Promise.reject(new ModelFilesError('no config.json', { cause: new Error('ENOENT') })),
    })
    const error: unknown = await new RpcClient<Odd>(callersEnd)
      .call('odd', undefined)
      .catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ModelFilesError)
    expect(error).toMatchObject({
      name: 'ModelFilesError',
      message: 'no config.json',
      cause: { message: expect.stringMatching(/ENOENT/) as string },
    })
  })

  it('may throw a value that is not an error', async () => {
    const [callersEnd, serversEnd] = channelPair()
    serveRpc<Odd>(serversEnd, {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the test is about a rejection that is not an error
      odd: () => Promise.reject('just text'),
    })
    await expect(new RpcClient<Odd>(callersEnd).call('odd', undefined)).rejects.toThrow('just text')
  })
})

describe('A cancelled call', () => {
  it('rejects at once, without waiting for the other side', async () => {
    const { client, log } = connect()
    const cancel = new AbortController()
    const call = client.call('wait', undefined, { signal: cancel.signal })
    cancel.abort()
    await expect(call).rejects.toThrow(CancelledError)
    expect(log).toEqual([])
  })

  it('aborts the signal of the handler', async () => {
    const { client, log } = connect()
    const cancel = new AbortController()
    const call = client.call('wait', undefined, {
      signal: cancel.signal,
      onProgress: () => {
        cancel.abort()
      },
    })
    await expect(call).rejects.toThrow(CancelledError)
    await client.call('double', 1)
    expect(log).toEqual(['cancelled with CancelledError'])
  })

  it('delivers no more progress', async () => {
    const { client } = connect()
    const cancel = new AbortController()
    const progress: string[] = []
    const call = client.call('wait', undefined, {
      signal: cancel.signal,
      onProgress: (more) => {
        progress.push(more)
        cancel.abort()
      },
    })
    await expect(call).rejects.toThrow(CancelledError)
    await client.call('double', 1)
    expect(progress).toEqual(['waiting'])
  })

  it('gets only one more message, its error, even if the handler reports more progress', async () => {
    const { client, received } = connect()
    const cancel = new AbortController()
    const call = client.call('wait', undefined, {
      signal: cancel.signal,
      onProgress: () => {
        cancel.abort()
      },
    })
    await expect(call).rejects.toThrow(CancelledError)
    await client.call('double', 1)
    expect(received).toEqual(['progress', 'error', 'result'])
  })

  it('is not sent if its signal was aborted before', async () => {
    const [callersEnd, serversEnd] = channelPair()
    const received: string[] = []
    serversEnd.onMessage(({ type }) => received.push(type))
    serveRpc<Pick<Methods, 'double'>>(serversEnd, { double: (n) => Promise.resolve(n) })
    const client = new RpcClient<Methods>(callersEnd)
    await expect(client.call('double', 1, { signal: AbortSignal.abort() })).rejects.toThrow(CancelledError)
    await client.call('double', 2)
    expect(received).toEqual(['call'])
  })

  it('is not affected by an abort after its end', async () => {
    const { client, log } = connect()
    const cancel = new AbortController()
    expect(await client.call('double', 21, { signal: cancel.signal })).toBe(42)
    cancel.abort()
    await client.call('double', 1)
    expect(log).toEqual([])
  })
})

describe('A closed client', () => {
  it('rejects pending and later calls with the reason', async () => {
    const { client } = connect()
    const reason = new EngineStoppedError('The engine was closed.')
    const pending = [client.call('wait', undefined), client.call('double', 1)]
    client.close(reason)
    for (const call of [...pending, client.call('double', 2)]) await expect(call).rejects.toBe(reason)
  })

  it('keeps the first reason', async () => {
    const { client } = connect()
    client.close(new EngineStoppedError('first'))
    client.close(new EngineStoppedError('second'))
    await expect(client.call('double', 1)).rejects.toThrow('first')
  })
})

describe('A server that has ended', () => {
  it('cancels the calls in progress, and sends nothing more', async () => {
    const { client, log, received, end } = connect()
    const isWaiting = new Promise<void>((resolve) => {
      void client.call('wait', undefined, {
        onProgress: () => {
          resolve()
        },
      })
    })
    await isWaiting
    end()
    await laterMessages()
    expect(log).toEqual(['cancelled with CancelledError'])
    expect(received).toEqual(['progress'])
  })

  it('does not answer later calls', async () => {
    const [callersEnd, serversEnd] = channelPair()
    const called: number[] = []
    const end = serveRpc<Pick<Methods, 'double'>>(serversEnd, {
      double: (n) => {
        called.push(n)
        return Promise.resolve(2 * n)
      },
    })
    const client = new RpcClient<Pick<Methods, 'double'>>(callersEnd)
    await client.call('double', 1)
    end()
    void client.call('double', 2)
    await laterMessages()
    expect(called).toEqual([1])
  })
})

/** Resolves after the messages that are under way, and their answers. */
async function laterMessages(): Promise<void> {
  const [one, other] = channelPair()
  serveRpc<Pick<Methods, 'double'>>(other, { double: (n) => Promise.resolve(n) })
  await new RpcClient<Pick<Methods, 'double'>>(one).call('double', 1)
}
