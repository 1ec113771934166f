import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { hostEngines, type ModelSource } from '../../../src/companion/engineHost'
import { Companion } from '../../../src/companion/companionEngine'
import { createEngine, type EngineHandle } from '../../../src/engine/client/engineHandle'
import { filesOfFolder } from '../../../src/model/folder/filesOfFolder'
import type { ModelFiles } from '../../../src/model/formats/modelFiles'
import {
  type AdapterAnswer,
  COMPANION_COMMANDS,
  COMPANION_VERSION,
  type EngineRequest,
  EXTENSION_COMMANDS,
} from '../../../src/shared/contracts/companionApi'
import type { EngineMethods } from '../../../src/shared/contracts/engineApi'
import { EngineStoppedError, InvalidRequestError, WebGpuUnavailableError } from '../../../src/shared/errors'
import { serveRpc } from '../../../src/shared/rpc'
import { channelPair } from '../../support/engine/engineChannel'
import {
  connect,
  freshEngine,
  loadMini,
  MINI,
  score,
  scoreEverything,
} from '../../support/engine/engineUnderTest'
import { FakeCommands } from '../../support/fakes/fakeCommands'

const REQUEST: EngineRequest = { id: 'mini', description: 'The embedded model.', precision: 'fp32' }
const FINGERPRINT = () => Promise.resolve('files 1')
const TOKEN_IDS = Int32Array.from({ length: 80 }, (_, i) => 50256 - 7 * i)
const ANSWER: AdapterAnswer = {
  version: COMPANION_VERSION,
  adapter: { name: 'a GPU', browser: 'a browser', isSoftware: false },
}

/** The companion, its engine the real one on WASM, in this thread. */
class FakeCompanion {
  readonly spawned: { readonly request: EngineRequest; readonly source: ModelSource }[] = []
  ended = 0
  crash: (reason: Error) => void = () => undefined
  private readonly host: { dispose(): void }

  constructor(
    readonly commands: FakeCommands,
    answer: AdapterAnswer = ANSWER,
  ) {
    this.host = hostEngines({
      commands,
      adapter: () => Promise.resolve(answer),
      spawn: (request, source) => {
        this.spawned.push({ request, source })
        const [callersEnd, enginesEnd] = channelPair()
        void loadMini().then((model) => {
          serveRpc<EngineMethods>(enginesEnd, freshEngine(model))
        })
        return {
          channel: callersEnd,
          onStop: (listener) => {
            this.crash = listener
          },
          terminate: () => {
            this.ended++
            return Promise.resolve()
          },
        }
      },
    })
  }

  dispose(): void {
    this.host.dispose()
  }
}

describe('an engine in the companion', () => {
  let commands: FakeCommands
  let there: FakeCompanion
  let companion: Companion
  let engine: EngineHandle

  beforeEach(async () => {
    await loadMini()
    commands = new FakeCommands()
    there = new FakeCompanion(commands)
    companion = new Companion(commands, () => undefined)
    engine = createEngine(() => companion.spawn(REQUEST, filesOfFolder(MINI.folder), FINGERPRINT))
  })

  afterEach(async () => {
    vi.useRealTimers()
    await engine.dispose()
    companion.dispose()
    there.dispose()
  })

  it('answers with the same bits as an engine of this host', async () => {
    const here = connect(freshEngine(await loadMini()))

    expect(await score(engine.api, scoreEverything(TOKEN_IDS))).toEqual(
      await score(here, scoreEverything(TOKEN_IDS)),
    )
  })

  it('is told what it is to be, and given the model’s files byte for byte', async () => {
    await engine.api.model(undefined)
    const [{ request, source }] = there.spawned

    const { place, files } = await source.model()
    const count = files.find(({ name }) => name === 'model.safetensors')?.parts ?? 0
    const digest = createHash('sha256')
    for (let index = 0; index < count; index++) digest.update(await source.part('model.safetensors', index))

    expect(request).toEqual(REQUEST)
    expect(place).toBe(MINI.folder)
    expect(count).toBeGreaterThan(5)
    expect(digest.digest('hex')).toBe(
      createHash('sha256')
        .update(readFileSync(join(MINI.folder, 'model.safetensors')))
        .digest('hex'),
    )
  })

  it('is refused a part that is not there', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'logitscope-'))
    await writeFile(join(folder, 'model.safetensors'), new Uint8Array(10))
    engine = createEngine(() => companion.spawn(REQUEST, filesOfFolder(folder), FINGERPRINT))
    await engine.api.model(undefined)
    const { source } = there.spawned[0]
    await source.model()
    await truncate(join(folder, 'model.safetensors'), 5)

    await expect(source.part('model.safetensors', 0)).rejects.toThrow('ends at byte 5')
  })

  it.each<[string, string, number]>([
    ['beside the model’s folder', '../model.safetensors', 0],
    ['that is none of a model’s files', 'notes.txt', 0],
    ['before its begin', 'model.safetensors', -1],
    ['behind its end', 'model.safetensors', 1],
    ['between two', 'model.safetensors', 0.5],
  ])('is refused a part %s', async (_, file, index) => {
    const around = await mkdtemp(join(tmpdir(), 'logitscope-'))
    const folder = join(around, 'model')
    await mkdir(folder)
    for (const path of [join(around, 'model.safetensors'), join(folder, 'notes.txt')])
      await writeFile(path, 'private')
    await writeFile(join(folder, 'model.safetensors'), new Uint8Array(2 ** 20))
    engine = createEngine(() => companion.spawn(REQUEST, filesOfFolder(folder), FINGERPRINT))
    await engine.api.model(undefined)
    const { source } = there.spawned[0]

    await expect(source.part(file, index)).rejects.toThrow('no such part')
    await source.model()
    await expect(source.part(file, index)).rejects.toThrow('no such part')
    await expect(source.part('model.safetensors', 0)).resolves.toHaveLength(2 ** 20)
  })

  it('leaves no file open where it ends while they are listed', async () => {
    let listNow: (names: string[]) => void = () => undefined
    const names = new Promise<string[]>((resolve) => {
      listNow = resolve
    })
    const opened: string[] = []
    const files: ModelFiles = {
      place: MINI.folder,
      names: () => names,
      open: (name) => {
        opened.push(name)
        return Promise.reject(new Error('not to be opened'))
      },
    }
    engine = createEngine(() => companion.spawn(REQUEST, files, FINGERPRINT))
    await engine.api.model(undefined)
    const listed = expect(there.spawned[0].source.model()).rejects.toThrow('the engine was ended')
    await new Promise(setImmediate)
    await engine.dispose()
    await listed
    listNow(['config.json'])
    await new Promise(setImmediate)

    expect(opened).toEqual([])
  })

  it('passes the engine’s own errors on', async () => {
    const nothing = scoreEverything(new Int32Array(0))

    await expect(engine.api.score(nothing)).rejects.toThrow(InvalidRequestError)
  })

  it('rejects what is pending where the worker ends', async () => {
    await engine.api.model(undefined)
    const pending = engine.api.score(scoreEverything(TOKEN_IDS))
    there.crash(new Error('device lost'))

    await expect(pending).rejects.toThrow(EngineStoppedError)
  })

  it('ends the worker when it is disposed', async () => {
    await engine.api.model(undefined)
    await engine.dispose()
    await vi.waitFor(() => {
      expect(there.ended).toBe(1)
    })
  })

  it('rejects what is pending where the companion’s host has died without a word', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    await engine.api.model(undefined)
    const pending = engine.api.score(scoreEverything(TOKEN_IDS))
    const rejected = expect(pending).rejects.toThrow(EngineStoppedError)
    commands.die()
    await vi.advanceTimersByTimeAsync(10_000)

    await rejected
  })

  it('bears with a slow connection, where the sign of life comes late and parts of the model before it', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    there.dispose()
    const { host, source } = silentHost(commands)
    commands.silence(COMPANION_COMMANDS.alive)
    const ends: unknown[] = []
    const pending = engine.api.model(undefined).catch((error: unknown) => ends.push(error))
    const { model } = await source
    for (let beat = 0; beat < 8; beat++) {
      await model()
      await vi.advanceTimersByTimeAsync(2000)
    }
    expect(ends).toEqual([])
    await vi.advanceTimersByTimeAsync(10_000)
    await pending

    expect(ends).toEqual([expect.any(EngineStoppedError)])
    host.dispose()
  })

  it('ends the engines that no extension knows of when the next one is started, and no other', async () => {
    await engine.api.model(undefined)
    await commands.execute(COMPANION_COMMANDS.open, 'whose host has died', REQUEST)
    await commands.execute(COMPANION_COMMANDS.open, 'of an extension that asks in a loop', REQUEST)
    await vi.waitFor(() => {
      expect(there.ended).toBe(1)
    })
    await engine.api.score(scoreEverything(TOKEN_IDS))

    expect(there.spawned.length).toBe(3)
    expect(there.ended).toBe(1)
  })

  it('is given no secret that is in use', async () => {
    await commands.execute(COMPANION_COMMANDS.open, 'known', REQUEST)

    await expect(commands.execute(COMPANION_COMMANDS.open, 'known', REQUEST)).rejects.toThrow('in use')
    expect(there.spawned.length).toBe(1)
  })

  it('knows of no GPU without a companion', async () => {
    there.dispose()

    await expect(companion.adapter()).rejects.toThrow('needs the extension Logitscope GPU')
  })

  it('is heard of when the companion’s host starts', async () => {
    companion.dispose()
    const arrivals: string[] = []
    companion = new Companion(commands, () => arrivals.push('here'))
    await commands.execute(EXTENSION_COMMANDS.here)

    expect(arrivals).toEqual(['here'])
  })

  it('names the GPU', async () => {
    await expect(companion.adapter()).resolves.toEqual({
      name: 'a GPU',
      browser: 'a browser',
      isSoftware: false,
    })
  })

  it.each<[string, unknown, string]>([
    [
      'why there is no GPU',
      { version: COMPANION_VERSION, missing: 'This window has no WebGPU.' },
      'no WebGPU',
    ],
    ['that the releases differ', { ...ANSWER, version: COMPANION_VERSION + 1 }, 'update both'],
    ['that the answer is none', { adapter: 7 }, 'update both'],
    [
      'that it does not know the browser',
      { version: COMPANION_VERSION, adapter: { name: 'a GPU', isSoftware: false } },
      'update both',
    ],
  ])('says %s', async (_, answer, words) => {
    there.dispose()
    there = new FakeCompanion(commands, answer as AdapterAnswer)
    const adapter = companion.adapter()

    await expect(adapter).rejects.toThrow(WebGpuUnavailableError)
    await expect(adapter).rejects.toThrow(words)
  })
})

/** A companion whose engines answer nothing; `source` is the first one's. */
function silentHost(commands: FakeCommands): {
  readonly host: { dispose(): void }
  readonly source: Promise<ModelSource>
} {
  let onSource: (source: ModelSource) => void = () => undefined
  const source = new Promise<ModelSource>((resolve) => {
    onSource = resolve
  })
  const host = hostEngines({
    commands,
    adapter: () => Promise.resolve(ANSWER),
    spawn: (_, given) => {
      onSource(given)
      return { channel: channelPair()[0], onStop: () => undefined, terminate: () => Promise.resolve() }
    },
  })
  return { host, source }
}
