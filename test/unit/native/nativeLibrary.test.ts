import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NATIVE_LIBRARY } from '../../support/engine/loadModel'

interface Manifest {
  readonly version: string
  readonly engines: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
}

const LOAD = `require(${JSON.stringify(NATIVE_LIBRARY)})`

/** Initializes the library, which reports its first event then. */
const CREATE_SESSION = `${LOAD}.InferenceSession.create(new Uint8Array([1])).catch(() => {})`

const LOAD_IN_THREAD = `
  const { Worker } = require('node:worker_threads')
  new Worker(${JSON.stringify(LOAD)}, { eval: true }).once('error', ({ message }) => console.log(message))`

describe('native/dist/onnxruntime.cjs', () => {
  let home: string
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'logitscope-native-'))
  })
  afterEach(() => rm(home, { recursive: true, force: true }))

  it('exports the classes of ONNX Runtime, and the version of onnxruntime-web', async () => {
    const { dependencies } = await manifestOf('package.json')

    const library: unknown = createRequire(import.meta.url)(NATIVE_LIBRARY)

    expect(library).toMatchObject({
      InferenceSession: expect.any(Function) as unknown,
      Tensor: expect.any(Function) as unknown,
      env: expect.any(Object) as unknown,
      version: dependencies['onnxruntime-web'],
    })
  })

  /** With telemetry, the library writes a device id and its events into the user's cache folder. */
  it('writes nothing into the home of the user, because its telemetry is off', async () => {
    await run(CREATE_SESSION, home)

    await expect(readdir(home, { recursive: true })).resolves.toEqual([])
  })

  it('refuses a thread, which could not turn the telemetry off', async () => {
    const { stdout } = await run(LOAD_IN_THREAD, home)

    expect(stdout).toContain('must be loaded in the main thread')
  })
})

describe('Logitscope Native', () => {
  it('has the ONNX Runtime of the same version as Logitscope', async () => {
    const [native, main] = await Promise.all([manifestOf('native/package.json'), manifestOf('package.json')])

    expect(native.dependencies['onnxruntime-node']).toBe(main.dependencies['onnxruntime-web'])
  })

  it('has the version of Logitscope and needs the same VS Code', async () => {
    const [native, main] = await Promise.all([manifestOf('native/package.json'), manifestOf('package.json')])

    expect([native.version, native.engines.vscode]).toEqual([main.version, main.engines.vscode])
  })
})

/** Runs code in a process of its own, in which no variable turns the telemetry off. */
function run(code: string, home: string) {
  const telemetry = { ORT_DISABLE_TELEMETRY: undefined, CI: undefined }
  return promisify(execFile)(process.execPath, ['--eval', code], {
    cwd: home,
    env: { ...process.env, ...telemetry, HOME: home, XDG_CACHE_HOME: home },
  })
}

async function manifestOf(path: string): Promise<Manifest> {
  const file = fileURLToPath(new URL(`../../../${path}`, import.meta.url))
  return JSON.parse(await readFile(file, 'utf8')) as Manifest
}
