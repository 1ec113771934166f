import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { hostEngines } from '../../../src/companion/engineHost'
import type { ModelSource } from '../../../src/engine/contract/workerResources'
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
} from '../../../src/shared/contracts/engine/companionApi'
import type { EngineMethods } from '../../../src/shared/contracts/engine/engineApi'
import { EngineStoppedError, InvalidRequestError, WebGpuUnavailableError } from '../../../src/shared/errors'
import { elementAt } from '../../../src/shared/elementAt'
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
  adapter: { name: 'a GPU', implementation: 'a browser', isSoftware: false },
}

/** The companion, with the real engine on WASM in this thread. */
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

describe('An engine in the companion', () => {
  let commands: FakeCommands
  let fake: FakeCompanion
  let companion: Companion
  let engine: EngineHandle

  beforeEach(async () => {
    await loadMini()
    commands = new FakeCommands()
    fake = new FakeCompanion(commands)
    companion = new Companion(commands, () => undefined)
    engine = createEngine(() => companion.spawn(REQUEST, filesOfFolder(MINI.folder), FINGERPRINT))
  })

  afterEach(async () => {
    await engine.dispose()
    companion.dispose()
    fake.dispose()
  })

  it('gives the same numbers, bit for bit, as an engine in this host', async () => {
    const local = connect(freshEngine(await loadMini()))

    expect(await score(engine.api, scoreEverything(TOKEN_IDS))).toEqual(
      await score(local, scoreEverything(TOKEN_IDS)),
    )
  })

  it('receives the request, and the model’s files byte by byte', async () => {
    await engine.api.model(undefined)
    const { request, source } = elementAt(fake.spawned, 0)

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

  it('gets an error for a part that the file no longer has', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'logitscope-'))
    await writeFile(join(folder, 'model.safetensors'), new Uint8Array(10))
    engine = createEngine(() => companion.spawn(REQUEST, filesOfFolder(folder), FINGERPRINT))
    await engine.api.model(undefined)
    const { source } = elementAt(fake.spawned, 0)
    await source.model()
    await truncate(join(folder, 'model.safetensors'), 5)

    await expect(source.part('model.safetensors', 0)).rejects.toThrow(
      'model.safetensors was changed or cannot be read any more',
    )
  })

  it.each<[string, string, number]>([
    ['of a file outside of the model’s folder', '../model.safetensors', 0],
    ['of a file that is not a model file', 'notes.txt', 0],
    ['before the start of a file', 'model.safetensors', -1],
    ['after the end of a file', 'model.safetensors', 1],
    ['with a fractional index', 'model.safetensors', 0.5],
  ])('gets no part %s', async (_, file, index) => {
    const around = await mkdtemp(join(tmpdir(), 'logitscope-'))
    const folder = join(around, 'model')
    await mkdir(folder)
    for (const path of [join(around, 'model.safetensors'), join(folder, 'notes.txt')])
      await writeFile(path, 'private')
    await writeFile(join(folder, 'model.safetensors'), new Uint8Array(2 ** 20))
    engine = createEngine(() => companion.spawn(REQUEST, filesOfFolder(folder), FINGERPRINT))
    await engine.api.model(undefined)
    const { source } = elementAt(fake.spawned, 0)

    await expect(source.part(file, index)).rejects.toThrow('no such part')
    await source.model()
    await expect(source.part(file, index)).rejects.toThrow('no such part')
    await expect(source.part('model.safetensors', 0)).resolves.toHaveLength(2 ** 20)
  })

  it('opens no file if it ends while the files are listed', async () => {
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
    const listed = expect(elementAt(fake.spawned, 0).source.model()).rejects.toThrow('the engine was ended')
    await new Promise(setImmediate)
    await engine.dispose()
    await listed
    listNow(['config.json'])
    await new Promise(setImmediate)

    expect(opened).toEqual([])
  })

  it('passes on the named errors of the engine', async () => {
    const nothing = scoreEverything(new Int32Array(0))

    await expect(engine.api.score(nothing)).rejects.toThrow(InvalidRequestError)
  })

  it('rejects pending calls if the worker ends', async () => {
    await engine.api.model(undefined)
    const pending = engine.api.score(scoreEverything(TOKEN_IDS))
    fake.crash(new Error('device lost'))

    await expect(pending).rejects.toThrow(EngineStoppedError)
  })

  it('ends the worker when it is disposed', async () => {
    await engine.api.model(undefined)
    await engine.dispose()
    await vi.waitFor(() => {
      expect(fake.ended).toBe(1)
    })
  })

  it('ends only engines whose link no extension has any more, when the next engine starts', async () => {
    await engine.api.model(undefined)
    await commands.execute(COMPANION_COMMANDS.open, 'whose host has died', REQUEST)
    await commands.execute(COMPANION_COMMANDS.open, 'of an extension that opens links in a loop', REQUEST)
    await vi.waitFor(() => {
      expect(fake.ended).toBe(1)
    })
    await engine.api.score(scoreEverything(TOKEN_IDS))

    expect(fake.spawned.length).toBe(3)
    expect(fake.ended).toBe(1)
  })

  it('is not started with a secret that is in use', async () => {
    await commands.execute(COMPANION_COMMANDS.open, 'known', REQUEST)

    await expect(commands.execute(COMPANION_COMMANDS.open, 'known', REQUEST)).rejects.toThrow('in use')
    expect(fake.spawned.length).toBe(1)
  })

  it('finds no adapter without a companion', async () => {
    fake.dispose()

    await expect(companion.adapter()).rejects.toThrow('needs the extension Logitscope GPU')
  })

  it('announces itself when the companion’s host starts', async () => {
    companion.dispose()
    const arrivals: string[] = []
    companion = new Companion(commands, () => arrivals.push('here'))
    await commands.execute(EXTENSION_COMMANDS.here)

    expect(arrivals).toEqual(['here'])
  })

  it('reports the adapter', async () => {
    await expect(companion.adapter()).resolves.toEqual({
      name: 'a GPU',
      implementation: 'a browser',
      isSoftware: false,
    })
  })

  it.each<[string, unknown, string]>([
    [
      'why the window has no adapter',
      { version: COMPANION_VERSION, missing: 'This window has no WebGPU.' },
      'no WebGPU',
    ],
    ['that the versions differ', { ...ANSWER, version: COMPANION_VERSION + 1 }, 'update both'],
    ['that the answer is not well-formed', { adapter: 7 }, 'update both'],
    [
      'that the answer has no browser',
      { version: COMPANION_VERSION, adapter: { name: 'a GPU', isSoftware: false } },
      'update both',
    ],
  ])('reports %s', async (_, answer, words) => {
    fake.dispose()
    fake = new FakeCompanion(commands, answer as AdapterAnswer)
    const adapter = companion.adapter()

    await expect(adapter).rejects.toThrow(WebGpuUnavailableError)
    await expect(adapter).rejects.toThrow(words)
  })
})
