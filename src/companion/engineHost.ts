import type { EngineWorker } from '../engine/client/engineHandle'
import type { ModelResources, WorkerResources } from '../engine/contract/workerResources'
import {
  type AdapterAnswer,
  COMPANION_COMMANDS,
  type EngineRequest,
  EXTENSION_COMMANDS,
  isEngineRequest,
} from '../shared/contracts/companionApi'
import { type Commands, CommandLinks } from './commandLink'
import { RpcClient } from '../shared/rpc'

/** Where an engine's model comes from. */
export type ModelSource = Pick<WorkerResources, 'model' | 'part'>

export interface EngineHostOptions {
  readonly commands: Commands
  readonly adapter: () => Promise<AdapterAnswer>
  readonly spawn: (request: EngineRequest, source: ModelSource) => EngineWorker
}

/** The companion's side: an engine for every link that is opened, for as long as the link lasts. */
export function hostEngines({ commands, adapter, spawn }: EngineHostOptions): { dispose(): void } {
  const links = new CommandLinks(commands, COMPANION_COMMANDS.message)

  const open = (secret: unknown, request: unknown) => {
    if (typeof secret !== 'string' || !isEngineRequest(request)) throw new Error('no engine was asked for')
    // Of a host that has crashed, or of whoever opens them in a loop: nobody else would end their engines.
    links.endDead(EXTENSION_COMMANDS.alive)
    const link = links.open(secret, EXTENSION_COMMANDS.message)
    const resources = new RpcClient<ModelResources>(link.resources)
    const worker = spawn(request, aheadOf(resources))
    worker.channel.onMessage((message) => {
      link.engine.send(message)
    })
    link.engine.onMessage((message) => {
      worker.channel.send(message)
    })
    worker.onStop((reason) => {
      link.end(reason)
    })
    link.onEnd((reason) => {
      resources.close(reason)
      void worker.terminate()
    })
  }

  const registrations = [
    commands.register(COMPANION_COMMANDS.adapter, adapter),
    commands.register(COMPANION_COMMANDS.open, open),
    commands.register(COMPANION_COMMANDS.alive, (secret) => {
      links.find(secret)
    }),
  ]
  return {
    dispose: () => {
      links.dispose()
      for (const registration of registrations) registration.dispose()
    },
  }
}

/** A part takes as long to cross as the round trip before it: the next ones are under way while one is read. */
function aheadOf(resources: RpcClient<ModelResources>): ModelSource {
  const underWay = new Map<string, Promise<Uint8Array>>()
  let counts: ReadonlyMap<string, number> = new Map()

  const ask = (file: string, index: number) => {
    const key = `${index} ${file}`
    const part = underWay.get(key) ?? resources.call('part', { file, index })
    // Whoever asks for it sees the failure; of one that nobody asks for there is nothing to say.
    part.catch(() => undefined)
    underWay.set(key, part)
    return part
  }

  return {
    model: async () => {
      const outline = await resources.call('model', undefined)
      counts = new Map(outline.files.map(({ name, parts }) => [name, parts]))
      return outline
    },
    part: async (file, index) => {
      const end = Math.min(index + PARTS_UNDER_WAY, counts.get(file) ?? 0)
      for (let next = index; next < end; next++) void ask(file, next)
      try {
        return await ask(file, index)
      } finally {
        underWay.delete(`${index} ${file}`)
      }
    },
  }
}

/** More gain nothing, and each is in memory on both sides. */
const PARTS_UNDER_WAY = 4
