import { once } from 'node:events'
import { get, type IncomingMessage, request } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** How long the debugged process may take to listen. */
const LISTEN_LIMIT_MS = 20_000
const RETRY_MS = 100

/** How long an event or an answer may take. */
const EVENT_LIMIT_MS = 60_000

type Params = Record<string, unknown>

/** A debugging session with a thread, in the Chrome DevTools Protocol. */
export class InspectorSession {
  private readonly answers = new Map<number, (answer: Answer) => void>()
  private readonly listeners = new Map<string, ((params: Params) => void)[]>()
  private lastId = 0

  constructor(private readonly transmit: (message: string) => void) {}

  /** @throws Error when the debugged thread rejects the call or does not answer in time */
  async send(method: string, params: Params = {}): Promise<Params> {
    const id = ++this.lastId
    const answer = new Promise<Answer>((resolve) => this.answers.set(id, resolve))
    this.transmit(JSON.stringify({ id, method, params }))
    const { result, error } = await inTime(answer, method)
    if (result === undefined) throw new Error(`${method} failed: ${JSON.stringify(error)}`)
    return result
  }

  /** The next event of this name that passes the filter. */
  async next(event: string, filter: (params: Params) => boolean = () => true): Promise<Params> {
    const found = new Promise<Params>((resolve) => {
      this.on(event, (params) => {
        if (filter(params)) resolve(params)
      })
    })
    return inTime(found, event)
  }

  on(event: string, listener: (params: Params) => void): void {
    this.listeners.set(event, [...(this.listeners.get(event) ?? []), listener])
  }

  receive(text: string): void {
    const message = JSON.parse(text) as Answer & { id?: number; method?: string; params?: Params }
    if (message.id !== undefined) {
      this.answers.get(message.id)?.(message)
      this.answers.delete(message.id)
    } else if (message.method !== undefined) {
      for (const listener of this.listeners.get(message.method) ?? []) listener(message.params ?? {})
    }
  }
}

interface Answer {
  readonly result?: Params
  readonly error?: unknown
}

/** Connects to the main thread of a Node process that listens, or will soon listen, with `--inspect`. */
export async function connectToInspector(port: number): Promise<InspectorSession & { close(): void }> {
  const socket = await openWebSocket(await debuggerUrl(port))
  const session = new InspectorSession((message) => socket.write(encodeFrame(message)))
  readFrames(socket, (message) => session.receive(message))
  return Object.assign(session, { close: () => socket.destroy() })
}

/** A session with a worker thread that runs this script, once it has started. */
export async function workerSession(main: InspectorSession, script: string): Promise<InspectorSession> {
  const attached = main.next('NodeWorker.attachedToWorker', ({ workerInfo }) =>
    (workerInfo as { url: string }).url.endsWith(script),
  )
  await main.send('NodeWorker.enable', { waitForDebuggerOnStart: false })
  const { sessionId } = await attached
  const session = new InspectorSession((message) => {
    void main.send('NodeWorker.sendMessageToWorker', { sessionId, message })
  })
  main.on('NodeWorker.receivedMessageFromWorker', (params) => {
    if (params.sessionId === sessionId) session.receive(String(params.message))
  })
  return session
}

async function debuggerUrl(port: number): Promise<URL> {
  const deadline = Date.now() + LISTEN_LIMIT_MS
  for (;;) {
    try {
      const [target] = JSON.parse(await fetchText(`http://127.0.0.1:${port}/json/list`)) as [
        { webSocketDebuggerUrl: string },
      ]
      return new URL(target.webSocketDebuggerUrl)
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`No inspector listens on port ${port}.`, { cause: error })
      await delay(RETRY_MS)
    }
  }
}

async function fetchText(url: string): Promise<string> {
  const [response] = (await once(get(url), 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

/** Node 20 has no WebSocket client, and the inspector uses few of its features: text in whole frames. */
async function openWebSocket(url: URL): Promise<Socket> {
  const upgrade = request({
    host: url.hostname,
    port: url.port,
    path: url.pathname,
    headers: {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': Buffer.alloc(16).toString('base64'),
    },
  })
  upgrade.end()
  const [, socket] = (await once(upgrade, 'upgrade')) as [IncomingMessage, Socket]
  return socket
}

const FINAL_TEXT = 0x81
const MASKED = 0x80
/** The length field holds lengths below 126; with these values a longer field follows. */
const LENGTH_16 = 126
const LENGTH_64 = 127

/** A client has to mask its frames; a mask of zeros leaves the content as it is. */
function encodeFrame(text: string): Buffer {
  const content = Buffer.from(text)
  const header = Buffer.alloc(14)
  header.writeUInt8(FINAL_TEXT, 0)
  header.writeUInt8(MASKED | LENGTH_64, 1)
  header.writeBigUInt64BE(BigInt(content.length), 2)
  return Buffer.concat([header, content])
}

function readFrames(socket: Socket, onText: (text: string) => void): void {
  let pending = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk])
    for (;;) {
      const frame = decodeFrame(pending)
      if (frame === undefined) return
      pending = pending.subarray(frame.length)
      if (frame.isText) onText(frame.content)
    }
  })
}

/** The first frame, if all of its bytes have arrived. */
function decodeFrame(bytes: Buffer): { isText: boolean; content: string; length: number } | undefined {
  if (bytes.length < 2) return undefined
  const short = bytes.readUInt8(1)
  const start = short === LENGTH_64 ? 10 : short === LENGTH_16 ? 4 : 2
  if (bytes.length < start) return undefined
  const size =
    short === LENGTH_64
      ? Number(bytes.readBigUInt64BE(2))
      : short === LENGTH_16
        ? bytes.readUInt16BE(2)
        : short
  const length = start + size
  if (bytes.length < length) return undefined
  const isText = bytes.readUInt8(0) === FINAL_TEXT
  return { isText, content: bytes.toString('utf8', start, length), length }
}

async function inTime<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`${what} took longer than ${EVENT_LIMIT_MS} ms.`)),
      EVENT_LIMIT_MS,
    )
  })
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer))
}
