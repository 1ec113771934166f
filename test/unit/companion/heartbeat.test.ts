import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Companion } from '../../../src/companion/companionEngine'
import { hostEngines } from '../../../src/companion/engineHost'
import type { ModelSource } from '../../../src/engine/contract/workerResources'
import { createEngine, type EngineHandle } from '../../../src/engine/client/engineHandle'
import { filesOfFolder } from '../../../src/model/folder/filesOfFolder'
import {
  COMPANION_COMMANDS,
  COMPANION_VERSION,
  type EngineRequest,
} from '../../../src/shared/contracts/engine/companionApi'
import { EngineStoppedError } from '../../../src/shared/errors'
import type { Channel } from '../../../src/shared/rpc'
import { channelPair } from '../../support/engine/engineChannel'
import { MINI, scoreEverything } from '../../support/engine/engineUnderTest'
import { FakeCommands } from '../../support/fakes/fakeCommands'

const REQUEST: EngineRequest = { id: 'mini', description: 'The embedded model.', precision: 'fp32' }

/** Longer than the limit after which an engine without any message is given up. */
const ANSWER_LIMIT_MS = 130_000

describe('The heartbeat of an engine in the companion', () => {
  let commands: FakeCommands
  let host: SilentHost
  let companion: Companion
  let engine: EngineHandle

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    commands = new FakeCommands()
    host = silentHost(commands)
    companion = new Companion(commands, () => undefined)
    engine = createEngine(() =>
      companion.spawn(REQUEST, filesOfFolder(MINI.folder), () => Promise.resolve('files 1')),
    )
  })

  afterEach(async () => {
    vi.useRealTimers()
    await engine.dispose()
    companion.dispose()
    host.dispose()
  })

  it('rejects pending calls if the companion’s host crashes without notice', async () => {
    const rejected = expect(engine.api.model(undefined)).rejects.toThrow(EngineStoppedError)
    commands.crash()
    await vi.advanceTimersByTimeAsync(10_000)

    await rejected
  })

  it('waits on a slow connection, where parts of the model arrive before the reply to the heartbeat', async () => {
    commands.silence(COMPANION_COMMANDS.alive)
    const ends: unknown[] = []
    const pending = engine.api.model(undefined).catch((error: unknown) => ends.push(error))
    const { model } = await host.source
    for (let beat = 0; beat < 8; beat++) {
      await model()
      await vi.advanceTimersByTimeAsync(2000)
    }
    expect(ends).toEqual([])
    await vi.advanceTimersByTimeAsync(10_000)
    await pending

    expect(ends).toEqual([expect.any(EngineStoppedError)])
  })

  it('gives up an engine that answers the heartbeat but not the call', async () => {
    const rejected = expect(engine.api.model(undefined)).rejects.toThrow('ended unexpectedly')
    await vi.advanceTimersByTimeAsync(ANSWER_LIMIT_MS)

    await rejected
  })

  it('waits for a call as long as its progress arrives', async () => {
    const ends: unknown[] = []
    void engine.api.score(scoreEverything(Int32Array.of(1, 2))).catch((error: unknown) => ends.push(error))
    const channel = await host.channel
    const value = { kind: 'reading', position: 0, firstRow: 0 }
    for (let step = 0; step < 3; step++) {
      await vi.advanceTimersByTimeAsync(ANSWER_LIMIT_MS / 2)
      channel.send({ type: 'progress', id: 0, value })
      await new Promise(setImmediate)
    }

    expect(ends).toEqual([])
  })
})

interface SilentHost {
  readonly source: Promise<ModelSource>
  /** The engine's end. */
  readonly channel: Promise<Channel>
  dispose(): void
}

/** A companion whose engines never answer. `source` and `channel` are those of the first engine. */
function silentHost(commands: FakeCommands): SilentHost {
  let onSource: (source: ModelSource) => void = () => undefined
  let onChannel: (channel: Channel) => void = () => undefined
  const source = new Promise<ModelSource>((resolve) => {
    onSource = resolve
  })
  const channel = new Promise<Channel>((resolve) => {
    onChannel = resolve
  })
  const host = hostEngines({
    commands,
    adapter: () => Promise.resolve({ version: COMPANION_VERSION, missing: 'No GPU.' }),
    spawn: (_, given) => {
      const [callersEnd, enginesEnd] = channelPair()
      onSource(given)
      onChannel(enginesEnd)
      return { channel: callersEnd, onStop: () => undefined, terminate: () => Promise.resolve() }
    },
  })
  return {
    source,
    channel,
    dispose: () => {
      host.dispose()
    },
  }
}
