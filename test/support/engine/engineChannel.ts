import type { Channel, RpcMessage } from '../../../src/shared/rpc'

type Listener = (message: RpcMessage) => void

/**
 * The two ends of a channel within this thread. As between threads, messages are structured clones, with memory that is moved, and arrive in
 * order, each in a later macrotask.
 */
export function channelPair(): readonly [Channel, Channel] {
  const listeners: readonly [Listener[], Listener[]] = [[], []]
  const end = (own: Listener[], others: Listener[]): Channel => ({
    send: (message, transfer = []) => {
      const clone = structuredClone(message, { transfer: [...transfer] })
      setImmediate(() => {
        for (const listener of others) listener(clone)
      })
    },
    onMessage: (listener) => {
      own.push(listener)
    },
  })
  return [end(listeners[0], listeners[1]), end(listeners[1], listeners[0])]
}
