import type { Channel, RpcMessage } from '../../shared/rpc'

/** An end of a message channel in a browser: a worker, a worker's global object, or a port. */
export interface MessageEnd {
  postMessage(message: unknown, transfer?: readonly object[]): void
  onmessage: ((event: { readonly data: unknown }) => void) | null
}

/** RPC over a browser's message port. The port must not be used for anything else. */
export function portChannel(end: MessageEnd): Channel {
  return {
    send: (message, transfer) => {
      end.postMessage(message, transfer)
    },
    onMessage: (listener) => {
      end.onmessage = ({ data }) => {
        listener(data as RpcMessage)
      }
    },
  }
}

/** Like `portChannel`, but a result that is a Uint8Array is transferred instead of copied. */
export function transferringChannel(end: MessageEnd): Channel {
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

/** Copies bytes that are only a part of their buffer: a transfer takes the whole buffer. */
function withOwnMemory(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice()
}

/** Two connected ends. The cast is needed because Node's types declare another `MessageChannel`. */
export function connectedEnds(): readonly [MessageEnd, MessageEnd] {
  const { port1, port2 } = new MessageChannel() as unknown as Record<'port1' | 'port2', MessageEnd>
  return [port1, port2]
}
