import {
  COMPANION_COMMANDS,
  COMPANION_VERSION,
  type EngineRequest,
  EXTENSION_COMMANDS,
  type GpuAdapter,
  isAdapterAnswer,
} from '../shared/contracts/companionApi'
import { type CommandLink, type Commands, CommandLinks } from './commandLink'
import { WebGpuUnavailableError } from '../shared/errors'
import { type Channel, type RpcMessage, serveRpc } from '../shared/rpc'
import type { ByteSource } from '../model/formats/byteSource'
import type { ModelFiles } from '../model/formats/modelFiles'
import type { EngineWorker } from '../engine/client/engineHandle'
import type { ModelResources } from '../engine/contract/workerResources'

/** The companion as the extension sees it: it may come, go, and come again. */
export class Companion {
  private readonly links: CommandLinks
  private readonly registrations: readonly { dispose(): unknown }[]

  /** `onArrival` is called when the companion's host has started. */
  constructor(
    private readonly commands: Commands,
    onArrival: () => void,
  ) {
    this.links = new CommandLinks(commands, EXTENSION_COMMANDS.message)
    this.registrations = [
      commands.register(EXTENSION_COMMANDS.here, onArrival),
      commands.register(EXTENSION_COMMANDS.alive, (secret) => {
        this.links.find(secret)
      }),
    ]
  }

  /**
   * The GPU of the user's window.
   * @throws WebGpuUnavailableError where there is none, or no companion
   */
  async adapter(): Promise<GpuAdapter> {
    const answer = await this.commands.execute(COMPANION_COMMANDS.adapter).catch(() => undefined)
    if (answer === undefined) {
      throw new WebGpuUnavailableError(
        'WebGPU needs the extension Logitscope GPU, which is not installed in this window.',
      )
    }
    if (!isAdapterAnswer(answer) || answer.version !== COMPANION_VERSION) {
      throw new WebGpuUnavailableError(
        'Logitscope and Logitscope GPU are of releases that do not go together: update both.',
      )
    }
    if ('missing' in answer) throw new WebGpuUnavailableError(answer.missing)
    return answer.adapter
  }

  /** Starts an engine in the companion, which is given the model's files when it asks for them. */
  spawn(request: EngineRequest, files: ModelFiles, fingerprint: () => Promise<string>): EngineWorker {
    const secret = crypto.randomUUID()
    const link = this.links.open(secret, COMPANION_COMMANDS.message)
    const close = serveFiles(link, files, fingerprint)
    const heartbeat = new Heartbeat(link, () => this.commands.execute(COMPANION_COMMANDS.alive, secret))
    link.onEnd(() => {
      heartbeat.stop()
      void close()
    })
    const opening = this.commands.execute(COMPANION_COMMANDS.open, secret, request)
    opening.catch((cause: unknown) => {
      link.end(new Error('the companion could not be asked for an engine', { cause }))
    })
    return {
      channel: heartbeat.watched(whenOpen(opening, link.engine)),
      onStop: (listener) => {
        link.onEnd(listener)
      },
      terminate: () => {
        link.end(new Error('the engine was ended'))
        return Promise.resolve()
      },
    }
  }

  dispose(): void {
    this.links.dispose()
    for (const registration of this.registrations) registration.dispose()
  }
}

/** What is sent before the other end is there waits for it. */
function whenOpen(opening: Promise<unknown>, channel: Channel): Channel {
  let before: RpcMessage[] | undefined = []
  void opening.then(
    () => {
      for (const message of before ?? []) channel.send(message)
      before = undefined
    },
    () => undefined,
  )
  return {
    send: (message) => {
      if (before === undefined) channel.send(message)
      else before.push(message)
    },
    onMessage: (listener) => {
      channel.onMessage(listener)
    },
  }
}

/**
 * A host that has died says nothing, so while an answer is due it is asked for a sign of life. Over a slow connection
 * that one waits behind parts of the model: whatever comes from the other side is as good.
 */
class Heartbeat {
  private readonly due = new Set<number>()
  private timer: NodeJS.Timeout | undefined
  private unanswered = 0
  private heard = 0

  constructor(
    private readonly link: CommandLink,
    private readonly ask: () => Promise<unknown>,
  ) {}

  /** The same channel; knows which answers are due. */
  watched(channel: Channel): Channel {
    return {
      send: (message) => {
        channel.send(message) // Throws where it cannot be sent: no answer is due then.
        if (message.type === 'call') this.expect(message.id)
      },
      onMessage: (listener) => {
        channel.onMessage((message) => {
          if (message.type === 'result' || message.type === 'error') this.due.delete(message.id)
          listener(message)
        })
      },
    }
  }

  stop(): void {
    clearInterval(this.timer)
    this.timer = undefined
    this.unanswered = 0
    this.due.clear()
  }

  private expect(id: number): void {
    this.due.add(id)
    this.timer ??= setInterval(() => {
      this.beat()
    }, PULSE_MS)
  }

  private beat(): void {
    if (this.due.size === 0) {
      this.stop()
      return
    }
    if (this.link.receivedCount !== this.heard) this.unanswered = 0
    this.heard = this.link.receivedCount
    if (this.unanswered >= MISSED_BEATS) {
      this.link.end(new Error('the companion gives no sign of life'))
      return
    }
    this.unanswered++
    this.ask().then(
      () => {
        this.unanswered = 0
      },
      (cause: unknown) => {
        this.link.end(new Error('the companion has ended', { cause }))
      },
    )
  }
}

/** Counted, not timed: a machine that was asleep has missed one at most. */
const MISSED_BEATS = 3
const PULSE_MS = 2000

/** Gives parts of the model's files and nothing else; the function that is returned closes what was opened. */
function serveFiles(
  link: CommandLink,
  files: ModelFiles,
  fingerprint: () => Promise<string>,
): () => Promise<void> {
  const opened = new Map<string, Promise<ByteSource>>()
  /** How many parts there are of each file that was named. */
  const parts = new Map<string, number>()
  let closed = false
  const open = async (name: string) => {
    if (closed) throw new Error('the link has ended')
    const source = opened.get(name) ?? files.open(name)
    opened.set(name, source)
    return await source
  }

  serveRpc<ModelResources>(link.resources, {
    model: async () => {
      const outline = (await files.names()).map(async (name) => {
        if (!MODEL_FILES.test(name)) return { name, parts: 0 }
        const count = Math.ceil((await open(name)).size / PART_BYTES)
        parts.set(name, count)
        return { name, parts: count }
      })
      return { place: files.place, fingerprint: await fingerprint(), files: await Promise.all(outline) }
    },
    part: async ({ file, index }) => {
      // Any extension may pose as the companion.
      if (!Number.isSafeInteger(index) || index < 0 || index >= (parts.get(file) ?? 0))
        throw new Error('there is no such part of the model')
      const source = await open(file)
      const from = index * PART_BYTES
      return source.read(from, Math.min(PART_BYTES, source.size - from))
    },
  })

  return async () => {
    closed = true
    await Promise.allSettled([...opened.values()].map(async (source) => (await source).close()))
  }
}

/** Of what else lies in a model's folder nothing is read. */
const MODEL_FILES = /^config\.json$|\.safetensors(\.index\.json)?$/
/** From one megabyte on the size makes no difference; twice as many are in memory as are under way. */
const PART_BYTES = 2 ** 20
