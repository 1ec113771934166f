// Remote calls over a message channel. Every call ends exactly once: it resolves, rejects with the named error of the
// other side, is cancelled, or is rejected because the client was closed.

import {
  CancelledError,
  type ErrorRecord,
  fromErrorRecord,
  InvalidRequestError,
  toErrorRecord,
} from './errors'

/** One end of a channel that transfers structured-cloneable messages in order. */
export interface Channel {
  /** @param transfer memory in the message that the receiver takes over, where a channel can do that */
  send(message: RpcMessage, transfer?: readonly ArrayBuffer[]): void
  onMessage(listener: (message: RpcMessage) => void): void
}

export interface CallOptions<Progress> {
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: Progress) => void
}

/** A set of methods, such as `EngineMethods`. */
export type RpcMethods<M> = {
  [K in keyof M]: { request: unknown; progress: unknown; result: unknown }
}

export interface HandlerOptions<Progress> {
  /** Aborts when the caller cancels. */
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
  /** Moves these parts of the result to the caller instead of copying them. The handler must not use them afterwards. */
  readonly transfer: (parts: readonly ArrayBufferView[]) => void
}

/** The functions that answer each method. */
export type RpcHandlers<M extends RpcMethods<M>> = {
  readonly [K in keyof M]: (
    request: M[K]['request'],
    options: HandlerOptions<M[K]['progress']>,
  ) => Promise<M[K]['result']>
}

export type RpcMessage =
  | { readonly type: 'call'; readonly id: number; readonly method: string; readonly request: unknown }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'progress'; readonly id: number; readonly value: unknown }
  | { readonly type: 'result'; readonly id: number; readonly value: unknown }
  | { readonly type: 'error'; readonly id: number; readonly error: ErrorRecord }

interface PendingCall {
  readonly resolve: (value: unknown) => void
  readonly reject: (reason: Error) => void
  readonly onProgress: ((value: never) => void) | undefined
}

/** The calling end of a channel. */
export class RpcClient<M extends RpcMethods<M>> {
  private readonly pending = new Map<number, PendingCall>()
  private nextId = 0
  private closedBy: Error | undefined

  constructor(private readonly channel: Channel) {
    channel.onMessage((message) => {
      this.receive(message)
    })
  }

  /**
   * Calls a method of the other side.
   * @throws CancelledError as soon as `signal` aborts, without waiting for the other side
   * @throws InvalidRequestError if the channel cannot send the request
   * @throws the named error of the other side, or the reason that the client was closed with
   */
  call<K extends keyof M & string>(
    method: K,
    request: M[K]['request'],
    { signal, onProgress }: CallOptions<M[K]['progress']> = {},
  ): Promise<M[K]['result']> {
    return new Promise((resolve, reject) => {
      if (this.closedBy !== undefined) {
        reject(this.closedBy)
        return
      }
      if (signal?.aborted === true) {
        reject(new CancelledError())
        return
      }
      const id = this.nextId++
      const onAbort = () => {
        this.channel.send({ type: 'cancel', id })
        this.settle(id)?.reject(new CancelledError())
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      const removeListener = () => signal?.removeEventListener('abort', onAbort)
      this.pending.set(id, {
        resolve: (value) => {
          removeListener()
          resolve(value)
        },
        reject: (reason) => {
          removeListener()
          reject(reason)
        },
        onProgress,
      })
      try {
        this.channel.send({ type: 'call', id, method, request })
      } catch (error) {
        this.settle(id)?.reject(
          new InvalidRequestError(`The request ${method} cannot be sent.`, { cause: error }),
        )
      }
    })
  }

  /** Rejects all pending and later calls with `reason`. */
  close(reason: Error): void {
    this.closedBy ??= reason
    for (const id of [...this.pending.keys()]) this.settle(id)?.reject(reason)
  }

  private receive(message: RpcMessage): void {
    switch (message.type) {
      case 'progress':
        this.pending.get(message.id)?.onProgress?.(message.value as never)
        break
      case 'result':
        this.settle(message.id)?.resolve(message.value)
        break
      case 'error':
        this.settle(message.id)?.reject(fromErrorRecord(message.error))
        break
      case 'call':
      case 'cancel':
        break // handled by the answering end
    }
  }

  private settle(id: number): PendingCall | undefined {
    const call = this.pending.get(id)
    this.pending.delete(id)
    return call
  }
}

/**
 * The answering end of a channel: runs the handler of each call.
 * @returns ends it: the calls in progress are cancelled, and nothing more is received or sent
 */
export function serveRpc<M extends RpcMethods<M>>(channel: Channel, handlers: RpcHandlers<M>): () => void {
  const running = new Map<number, AbortController>()
  let hasEnded = false

  const send: Channel['send'] = (message, transfer) => {
    if (!hasEnded) channel.send(message, transfer)
  }

  const answer = async (id: number, method: string, request: unknown) => {
    const controller = new AbortController()
    running.set(id, controller)
    let moved: readonly ArrayBuffer[] = []
    try {
      if (!Object.hasOwn(handlers, method)) throw new Error(`unknown method ${method}`)
      const value = await handlers[method as keyof M](request, {
        signal: controller.signal,
        onProgress: (progress) => {
          if (!controller.signal.aborted) send({ type: 'progress', id, value: progress })
        },
        transfer: (parts) => {
          moved = parts.map(({ buffer }) => buffer).filter((buffer) => buffer instanceof ArrayBuffer)
        },
      })
      send({ type: 'result', id, value }, moved)
    } catch (error) {
      send({ type: 'error', id, error: toErrorRecord(error) })
    } finally {
      running.delete(id)
    }
  }

  channel.onMessage((message) => {
    if (hasEnded) return
    if (message.type === 'call') void answer(message.id, message.method, message.request)
    else if (message.type === 'cancel') running.get(message.id)?.abort(new CancelledError())
  })

  return () => {
    hasEnded = true
    for (const controller of running.values()) controller.abort(new CancelledError())
  }
}
