import type { Channel, RpcMessage } from '../../shared/rpc'

/** A worker, the global object of one, or a port: what messages can be posted to in a browser. */
export interface MessageEnd {
  postMessage(message: unknown, transfer?: readonly object[]): void
  onmessage: ((event: { readonly data: unknown }) => void) | null
}

/** Calls, results and progress through a browser's message port; it is used for nothing else. */
export function portChannel(end: MessageEnd): Channel {
  return {
    send: (message) => {
      end.postMessage(message)
    },
    onMessage: (listener) => {
      end.onmessage = ({ data }) => {
        listener(data as RpcMessage)
      }
    },
  }
}

/** The same; bytes that are a call's whole result are given away instead of copied. */
export function givingChannel(end: MessageEnd): Channel {
  return {
    ...portChannel(end),
    send: (message) => {
      if (message.type !== 'result' || !(message.value instanceof Uint8Array)) {
        end.postMessage(message)
        return
      }
      const value = withOwnMemory(message.value)
      end.postMessage({ ...message, value }, [value.buffer])
    },
  }
}

/** What shares its memory with other bytes must not take them along. */
function withOwnMemory(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice()
}

/** Two ends that are connected; Node's types know another channel of this name. */
export function connectedEnds(): readonly [MessageEnd, MessageEnd] {
  const { port1, port2 } = new MessageChannel() as unknown as Record<'port1' | 'port2', MessageEnd>
  return [port1, port2]
}
