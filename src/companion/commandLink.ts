// A link between two extension hosts over a pair of commands: extensions of different hosts have no other way to
// exchange messages. Any extension can call a command, so messages without the link's secret are rejected.

import { isRecord } from '../shared/isRecord'
import type { Channel, RpcMessage } from '../shared/rpc'
import { decodeMessage, encodeMessage } from './codec'

/** The part of VS Code's commands that a link needs. */
export interface Commands {
  register(command: string, run: (...args: unknown[]) => unknown): { dispose(): unknown }
  execute(command: string, ...args: unknown[]): Promise<unknown>
}

/** The RPC channels of a link: the extension calls the engine, and the engine's host requests resources. */
export const LANES = ['engine', 'resources'] as const
export type Lane = (typeof LANES)[number]

type Frame =
  | { readonly lane: Lane; readonly message: RpcMessage }
  /** The last frame of a link. */
  | { readonly lane: 'end'; readonly reason: string }

/** The links of one host by their secrets. Calls of `command` deliver messages to them. */
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

  /**
   * Opens a link.
   * @param command the command of the other host that receives this link's messages
   * @throws Error if the secret is in use
   */
  open(secret: string, command: string): CommandLink {
    if (this.links.has(secret)) throw new Error('the secret is in use')
    const link = new CommandLink(
      (number, message) => this.commands.execute(command, secret, number, message),
      () => this.links.delete(secret),
    )
    this.links.set(secret, link)
    return link
  }

  /** @throws Error if no link has this secret, which tells the other side that the link has ended */
  find(secret: unknown): CommandLink {
    const link = typeof secret === 'string' ? this.links.get(secret) : undefined
    if (link === undefined) throw new Error('the link does not exist')
    return link
  }

  /** Calls the other side's `command` to check each link, and ends the links that the other side no longer has. */
  endDead(command: string): void {
    for (const [secret, link] of this.links) {
      this.commands.execute(command, secret).catch((cause: unknown) => {
        link.end(new Error('the other side no longer exists', { cause }))
      })
    }
  }

  dispose(): void {
    for (const link of [...this.links.values()]) link.end(new Error('this side was closed'))
    this.registration.dispose()
  }
}

/** One end of a link. The link ends when either side ends it, or when a message is lost or malformed. */
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

  /** The number of messages received from the other side. */
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
    // A failure means that the other side no longer exists.
    this.send({ lane: 'end', reason: reason.message }, () => undefined)
    this.close(reason)
  }

  /**
   * Takes a message of the other side.
   * @throws Error if a message is missing or this one is malformed; the link then ends
   */
  receive(number: unknown, message: unknown): void {
    try {
      // Commands arrive in order, so a gap means that a message was lost.
      if (number !== this.received) throw new Error(`message ${this.received} is missing`)
      this.received++
      if (!(message instanceof ArrayBuffer)) throw new Error('a message must be an ArrayBuffer')
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

/** @throws Error if the value is not a frame */
function readFrame(value: unknown): Frame {
  if (isRecord(value)) {
    const { lane, reason, message } = value
    if (lane === 'end' && typeof reason === 'string') return { lane, reason }
    if (LANES.some((known) => known === lane) && isRpcMessage(message)) return { lane: lane as Lane, message }
  }
  throw new Error('not a message of a link')
}

/** Checks the envelope. Requests and results are checked by the side that uses them. */
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
