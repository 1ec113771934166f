import {
  COMPANION_COMMANDS,
  COMPANION_VERSION,
  type EngineRequest,
  EXTENSION_COMMANDS,
  type GpuAdapter,
  isAdapterAnswer,
} from '../shared/contracts/engine/companionApi'
import { type CommandLink, type Commands, CommandLinks } from './commandLink'
import { WebGpuUnavailableError } from '../shared/errors'
import { type Channel, type RpcMessage, serveRpc } from '../shared/rpc'
import type { ByteSource } from '../model/formats/byteSource'
import type { ModelFiles } from '../model/formats/modelFiles'
import type { EngineWorker } from '../engine/client/engineHandle'
import type { ModelResources } from '../engine/contract/workerResources'

/** The extension's side of the link to the companion, which can start and end at any time. */
export class Companion {
  private readonly links: CommandLinks
  private readonly registrations: readonly { dispose(): unknown }[]

  /** @param onArrival called when the companion's host has started */
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
   * @throws WebGpuUnavailableError if it has none, or if the companion is missing or of another version
   */
  async adapter(): Promise<GpuAdapter> {
    const answer = await this.commands.execute(COMPANION_COMMANDS.adapter).catch(() => undefined)
    if (answer === undefined) {
      throw new WebGpuUnavailableError(
        'WebGPU needs the extension Logitscope GPU. Install it, or enable it in this window.',
      )
    }
    if (!isAdapterAnswer(answer) || answer.version !== COMPANION_VERSION) {
      throw new WebGpuUnavailableError(
        'The installed versions of Logitscope and Logitscope GPU do not match: update both.',
      )
    }
    if ('missing' in answer) throw new WebGpuUnavailableError(answer.missing)
    return answer.adapter
  }

  /** Starts an engine in the companion, which requests the parts of the model's files over the link. */
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
      link.end(new Error('the companion could not start an engine', { cause }))
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

/** Queues messages until the other end of the link is open. */
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
 * Ends the link if the companion's host has crashed, because the crash itself is not reported, or if the engine does not
 * work on the calls that are due. While an answer is due, it calls the companion at regular intervals. Any message from
 * the other side counts as a reply, because on a slow connection the reply itself waits for parts of the model. A reply to
 * the heartbeat alone shows that the host runs, but not that the engine works.
 */
class Heartbeat {
  private readonly due = new Set<number>()
  private timer: NodeJS.Timeout | undefined
  private unanswered = 0
  /** Beats since the last message: progress, an answer, or a request for a part of the model. */
  private silent = 0
  private lastReceivedCount = 0

  constructor(
    private readonly link: CommandLink,
    private readonly ask: () => Promise<unknown>,
  ) {}

  /** The same channel, with a record of the answers that are due. */
  watched(channel: Channel): Channel {
    return {
      send: (message) => {
        channel.send(message) // If this throws, no answer is due.
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
    this.silent = 0
    this.due.clear()
  }

  private expect(id: number): void {
    this.due.add(id)
    this.timer ??= setInterval(() => {
      this.beat()
    }, HEARTBEAT_MS)
  }

  private beat(): void {
    if (this.due.size === 0) {
      this.stop()
      return
    }
    if (this.link.receivedCount !== this.lastReceivedCount) {
      this.unanswered = 0
      this.silent = 0
    }
    this.lastReceivedCount = this.link.receivedCount
    if (this.unanswered >= MAX_MISSED_BEATS) {
      this.link.end(new Error('the companion does not respond'))
      return
    }
    if (this.silent >= MAX_SILENT_BEATS) {
      this.link.end(
        new Error(`the engine did not work on a call within ${(MAX_SILENT_BEATS * HEARTBEAT_MS) / 1000} s`),
      )
      return
    }
    this.unanswered++
    this.silent++
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

const HEARTBEAT_MS = 2000
/** A number of beats instead of a time, because a machine that was asleep misses at most one. */
const MAX_MISSED_BEATS = 3
/** Two minutes: a completion reports no progress, and on a slow GPU it may take one. */
const MAX_SILENT_BEATS = 60

/** Serves parts of the model's files, and no other files. The returned function closes the opened files. */
function serveFiles(
  link: CommandLink,
  files: ModelFiles,
  fingerprint: () => Promise<string>,
): () => Promise<void> {
  const opened = new Map<string, Promise<ByteSource>>()
  /** The number of parts of each listed file. */
  const partCounts = new Map<string, number>()
  let closed = false
  const open = async (name: string) => {
    if (closed) throw new Error('the link has ended')
    const source = opened.get(name) ?? files.open(name)
    opened.set(name, source)
    return await source
  }

  serveRpc<ModelResources>(link.resources, {
    model: async () => {
      const outlineOf = async (name: string) => {
        if (!MODEL_FILES.test(name)) return { name, parts: 0 }
        const parts = Math.ceil((await open(name)).size / PART_BYTES)
        partCounts.set(name, parts)
        return { name, parts }
      }
      const names = await files.names()
      const [digest, outline] = await Promise.all([fingerprint(), Promise.all(names.map(outlineOf))])
      return { place: files.place, fingerprint: digest, files: outline }
    },
    part: async ({ file, index }) => {
      // Checked, because any extension can call the commands in the companion's place.
      if (!Number.isSafeInteger(index) || index < 0 || index >= (partCounts.get(file) ?? 0))
        throw new Error('the model has no such part')
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

/** The files of a model. Other files in its folder are listed but never read. */
const MODEL_FILES = /^config\.json$|\.safetensors(\.index\.json)?$/
/** 1 MiB: larger parts are no faster, and every part on its way is in memory twice. */
const PART_BYTES = 2 ** 20
