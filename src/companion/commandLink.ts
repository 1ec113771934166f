// A link between two extension hosts over a pair of commands: the one way in which extensions of different hosts
// can speak to each other. Any extension can call a command, so only what knows the link's secret is heard.

import { isRecord } from '../shared/isRecord'
import type { Channel, RpcMessage } from '../shared/rpc'
import { decodeMessage, encodeMessage } from './codec'

/** VS Code's commands, as far as a link needs them. */
export interface Commands {
  register(command: string, run: (...args: unknown[]) => unknown): { dispose(): unknown }
  execute(command: string, ...args: unknown[]): Promise<unknown>
}

/** What goes over one link: calls of the engine one way, of what it needs the other way. */
export const LANES = ['engine', 'resources'] as const
export type Lane = (typeof LANES)[number]

type Frame =
  | { readonly lane: Lane; readonly message: RpcMessage }
  /** The last one. */
  | { readonly lane: 'end'; readonly reason: string }

/** The links of one host, by their secrets: what comes in by `command` is given to the one that it is for. */
export class CommandLinks {
  private readonly links = new Map<string, CommandLink>()
  private readonly registration: { dispose(): unknown }

  constructor(
    private readonly commands: Commands,
    command: string,
  ) {
    this.registration = commands.register(command, (secret, number, message) => {
      this.find(secret).receive(number, message)
    })
  }

  /** Begins a link whose other end is reached by `command`. Throws where the secret is another link's. */
  open(secret: string, command: string): CommandLink {
    if (this.links.has(secret)) throw new Error('the secret is in use')
    const link = new CommandLink(
      (number, message) => this.commands.execute(command, secret, number, message),
      () => this.links.delete(secret),
    )
    this.links.set(secret, link)
    return link
  }

  /** Throws where there is no such link, so that the other side learns that it has ended. */
  find(secret: unknown): CommandLink {
    const link = typeof secret === 'string' ? this.links.get(secret) : undefined
    if (link === undefined) throw new Error('there is no such link')
    return link
  }

  /** Asks the other side of each link by `command`, and ends those that it does not know any more. */
  endDead(command: string): void {
    for (const [secret, link] of this.links) {
      this.commands.execute(command, secret).catch((cause: unknown) => {
        link.end(new Error('the other side is not there any more', { cause }))
      })
    }
  }

  dispose(): void {
    for (const link of [...this.links.values()]) link.end(new Error('this side was closed'))
    this.registration.dispose()
  }
}

/** One end of a link. It ends for good when either side says so, or when a message is lost or malformed. */
export class CommandLink {
  readonly engine = this.channel('engine')
  readonly resources = this.channel('resources')
  private readonly listeners = new Map<Lane, (message: RpcMessage) => void>()
  private readonly endListeners: ((reason: Error) => void)[] = []
  private sent = 0
  private received = 0
  private endedBy: Error | undefined

  constructor(
    private readonly deliver: (number: number, message: ArrayBuffer) => Promise<unknown>,
    private readonly forget: () => void,
  ) {}

  /** How many messages have come from the other side. */
  get receivedCount(): number {
    return this.received
  }

  onEnd(listener: (reason: Error) => void): void {
    if (this.endedBy === undefined) this.endListeners.push(listener)
    else listener(this.endedBy)
  }

  /** Ends both sides. */
  end(reason: Error): void {
    if (this.endedBy !== undefined) return
    // Where the other side is not there any more it needs no word.
    this.send({ lane: 'end', reason: reason.message }, () => undefined)
    this.close(reason)
  }

  /** What the other side has sent. Throws where it is not well-formed; the link has ended then. */
  receive(number: unknown, message: unknown): void {
    try {
      // Commands keep their order, so a gap is a loss.
      if (number !== this.received) throw new Error(`message ${this.received} is missing`)
      this.received++
      if (!(message instanceof ArrayBuffer)) throw new Error('a message is bytes')
      const frame = readFrame(decodeMessage(message))
      if (frame.lane === 'end') this.close(new Error(frame.reason))
      else this.listeners.get(frame.lane)?.(frame.message)
    } catch (cause) {
      const error = new Error('a message was lost or is not well-formed', { cause })
      this.end(error)
      throw error
    }
  }

  private channel(lane: Lane): Channel {
    return {
      send: (message) => {
        this.send({ lane, message }, (error) => {
          this.close(error)
        })
      },
      onMessage: (listener) => this.listeners.set(lane, listener),
    }
  }

  private send(frame: Frame, onFailure: (error: Error) => void): void {
    if (this.endedBy !== undefined) return
    const { buffer } = encodeMessage(frame)
    this.deliver(this.sent++, buffer).catch((cause: unknown) => {
      onFailure(new Error('the other side cannot be reached', { cause }))
    })
  }

  private close(reason: Error): void {
    if (this.endedBy !== undefined) return
    this.endedBy = reason
    this.forget()
    for (const listener of this.endListeners) listener(reason)
  }
}

/** Throws where it is no frame. */
function readFrame(value: unknown): Frame {
  if (isRecord(value)) {
    const { lane, reason, message } = value
    if (lane === 'end' && typeof reason === 'string') return { lane, reason }
    if (LANES.some((known) => known === lane) && isRpcMessage(message)) return { lane: lane as Lane, message }
  }
  throw new Error('no message of a link')
}

/** What a method is given or gives is its own side's to score. */
function isRpcMessage(value: unknown): value is RpcMessage {
  if (!isRecord(value) || !Number.isSafeInteger(value.id)) return false
  switch (value.type) {
    case 'call':
      return typeof value.method === 'string'
    case 'cancel':
    case 'progress':
    case 'result':
      return true
    case 'error':
      return (
        isRecord(value.error) &&
        [value.error.name, value.error.message, value.error.details].every((text) => typeof text === 'string')
      )
    default:
      return false
  }
}
