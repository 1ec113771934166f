import type { EngineWorker } from '../engine/client/engineHandle'
import type { ModelResources, ModelSource } from '../engine/contract/workerResources'
import {
  type AdapterAnswer,
  COMPANION_COMMANDS,
  type EngineRequest,
  EXTENSION_COMMANDS,
  isEngineRequest,
} from '../shared/contracts/engine/companionApi'
import { type Commands, CommandLinks } from './commandLink'
import { RpcClient } from '../shared/rpc'

export interface EngineHostOptions {
  readonly commands: Commands
  readonly adapter: () => Promise<AdapterAnswer>
  readonly spawn: (request: EngineRequest, source: ModelSource) => EngineWorker
}

/** The companion's side: runs an engine for every open link, until the link ends. */
export function hostEngines({ commands, adapter, spawn }: EngineHostOptions): { dispose(): void } {
  const links = new CommandLinks(commands, COMPANION_COMMANDS.message)

  const open = (secret: unknown, request: unknown) => {
    if (typeof secret !== 'string' || !isEngineRequest(request))
      throw new Error('the request for an engine is not well-formed')
    // The only check that ends the engines of crashed hosts, and of extensions that open links in a loop.
    links.endDead(EXTENSION_COMMANDS.alive)
    const link = links.open(secret, EXTENSION_COMMANDS.message)
    const resources = new RpcClient<ModelResources>(link.resources)
    const worker = spawn(request, readAhead(resources))
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

/** Requests the next parts while one is read, because a round trip takes as long as the transfer of a part. */
function readAhead(resources: RpcClient<ModelResources>): ModelSource {
  const pending = new Map<string, Promise<Uint8Array>>()
  let counts: ReadonlyMap<string, number> = new Map()

  const ask = (file: string, index: number) => {
    const key = `${index} ${file}`
    const part = pending.get(key) ?? resources.call('part', { file, index })
    // The caller that needs the part gets the error; a part that no caller needs must not reject unhandled.
    part.catch(() => undefined)
    pending.set(key, part)
    return part
  }

  return {
    model: async () => {
      const outline = await resources.call('model', undefined)
      counts = new Map(outline.files.map(({ name, parts }) => [name, parts]))
      return outline
    },
    part: async (file, index) => {
      const end = Math.min(index + MAX_PENDING_PARTS, counts.get(file) ?? 0)
      for (let next = index; next < end; next++) void ask(file, next)
      try {
        return await ask(file, index)
      } finally {
        pending.delete(`${index} ${file}`)
      }
    },
  }
}

/** More are no faster, and each is in memory on both sides. */
const MAX_PENDING_PARTS = 4
