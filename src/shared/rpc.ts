// One call, one ending: it resolves, rejects with the named error of the other side, is cancelled,
// or is rejected because its channel was closed.

import {
  CancelledError,
  type ErrorRecord,
  fromErrorRecord,
  InvalidRequestError,
  toErrorRecord,
} from './errors'

/** Two ends that pass structured-cloneable messages to each other, in order. */
export interface Channel {
  send(message: RpcMessage): void
  onMessage(listener: (message: RpcMessage) => void): void
}

export interface CallOptions<Progress> {
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: Progress) => void
}

/** Any set of methods; `EngineMethods` is one. */
export type RpcMethods<M> = {
  [K in keyof M]: { request: unknown; progress: unknown; result: unknown }
}

export interface HandlerOptions<Progress> {
  /** Aborts when the caller cancels. */
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
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

/** The calling end. */
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
   * Throws CancelledError as soon as `signal` aborts, whether or not the other side has noticed yet, and
   * InvalidRequestError where the channel cannot carry the request.
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
      const ended = () => signal?.removeEventListener('abort', onAbort)
      this.pending.set(id, {
        resolve: (value) => {
          ended()
          resolve(value)
        },
        reject: (reason) => {
          ended()
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

  /** Rejects what is pending, and every later call, with `reason`. */
  close(reason: Error): void {
    this.closedBy ??= reason
    for (const id of [...this.pending.keys()]) this.settle(id)?.reject(reason)
  }

  private receive(message: RpcMessage): void {
    if (message.type === 'progress') this.pending.get(message.id)?.onProgress?.(message.value as never)
    else if (message.type === 'result') this.settle(message.id)?.resolve(message.value)
    else if (message.type === 'error') this.settle(message.id)?.reject(fromErrorRecord(message.error))
  }

  private settle(id: number): PendingCall | undefined {
    const call = this.pending.get(id)
    this.pending.delete(id)
    return call
  }
}

/** The answering end: runs `handlers` for every call that comes through `channel`. */
export function serveRpc<M extends RpcMethods<M>>(channel: Channel, handlers: RpcHandlers<M>): void {
  const running = new Map<number, AbortController>()

  const answer = async (id: number, method: string, request: unknown) => {
    const controller = new AbortController()
    running.set(id, controller)
    try {
      if (!Object.hasOwn(handlers, method)) throw new Error(`unknown method ${method}`)
      const value = await handlers[method as keyof M](request, {
        signal: controller.signal,
        onProgress: (progress) => {
          if (!controller.signal.aborted) channel.send({ type: 'progress', id, value: progress })
        },
      })
      channel.send({ type: 'result', id, value })
    } catch (error) {
      channel.send({ type: 'error', id, error: toErrorRecord(error) })
    } finally {
      running.delete(id)
    }
  }

  channel.onMessage((message) => {
    if (message.type === 'call') void answer(message.id, message.method, message.request)
    else if (message.type === 'cancel') running.get(message.id)?.abort(new CancelledError())
  })
}
