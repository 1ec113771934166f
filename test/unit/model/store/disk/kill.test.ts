import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { locateModel } from '../../../../../src/model/folder/locateModel'
import { type Answer, begin, MODEL, WEIGHTS } from '../../../../support/fakes/fakeHub'
import { filesIn, hasInstalledWeights, storeAndHub, watched } from '../../../../support/fakes/fakeStore'
import { temporaryFolder } from '../../../../support/checkpoints/checkpointTiny'

const INSTALLED = ['gpt2/config.json', 'gpt2/model.safetensors', 'gpt2/source.json']
const LIMIT_MS = 120_000

let scripts: string
let script: string
beforeAll(async () => {
  scripts = await mkdtemp(join(tmpdir(), 'logitscope-kill-'))
  script = join(scripts, 'installingProcess.mjs')
  await build({
    entryPoints: [fileURLToPath(new URL('../../../../support/fakes/installingProcess.ts', import.meta.url))],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  })
})
afterAll(async () => {
  await rm(scripts, { recursive: true })
})

function install(folder: string, endpoint: URL, ...fatal: string[]): ChildProcess {
  return spawn(process.execPath, [script, folder, endpoint.href, ...fatal], { stdio: 'inherit' })
}

/** The weights that an engine would load now; undefined if there are none. */
async function loadable(folder: string): Promise<Buffer | undefined> {
  const files = await filesIn(folder)
  const location = locateModel('gpt2', { embedded: '', store: folder, howToGet: '' })
  return files[`${location.folder.slice(folder.length + 1)}/model.safetensors`]
}

describe('A process that is killed before any of its file operations', { timeout: LIMIT_MS }, () => {
  it('leaves no incomplete model, and the next process completes the installation', async () => {
    let operation = 0
    for (let killed = true; killed;) {
      const { store, folder, server, hub } = await storeAndHub()
      const process = install(folder, server.endpoint, `${++operation}`)
      const [code, signal] = (await once(process, 'exit')) as [number | null, string | null]
      killed = signal === 'SIGKILL'
      if (!killed) expect(code, `operation ${operation}`).toBe(0)

      const weights = await loadable(folder)
      if (weights !== undefined) expect(weights.equals(WEIGHTS), `operation ${operation}`).toBe(true)
      await store.install(MODEL, hub, watched())
      expect(await hasInstalledWeights(folder, WEIGHTS)).toBe(true)
      expect(Object.keys(await filesIn(folder)).sort(), `operation ${operation}`).toEqual(INSTALLED)
    }
    expect(operation).toBeGreaterThan(20)
  })

  it('never loses the previous model', async () => {
    const before = Buffer.from('an older revision')
    const older = await temporaryFolder({})
    await writeFile(join(older, 'model.safetensors'), before)
    let operation = 0
    for (let killed = true; killed;) {
      const { folder, server } = await storeAndHub()
      await cp(older, join(folder, 'gpt2'), { recursive: true })
      const process = install(folder, server.endpoint, `${++operation}`)
      const [code, signal] = (await once(process, 'exit')) as [number | null, string | null]
      killed = signal === 'SIGKILL'
      if (!killed) expect(code, `operation ${operation}`).toBe(0)

      const weights = await loadable(folder)
      const isWhole = weights !== undefined && (weights.equals(before) || weights.equals(WEIGHTS))
      expect(isWhole, `operation ${operation}`).toBe(true)
    }
  })
})

describe('A process that is killed during the download', { timeout: LIMIT_MS }, () => {
  it.each([1, 7, 20, 33, 50, 63])(
    'after %i of 64 pieces leaves a download that the next process completes',
    async (pieces) => {
      const { store, folder, server, hub } = await storeAndHub()
      const half: { process?: ChildProcess } = {}
      server.answers = [piecewise(pieces, () => half.process?.kill('SIGKILL'))]
      half.process = install(folder, server.endpoint)
      expect(await once(half.process, 'exit')).toEqual([null, 'SIGKILL'])

      expect(await loadable(folder)).toBeUndefined()
      await store.install(MODEL, hub, watched())
      expect(await hasInstalledWeights(folder, WEIGHTS)).toBe(true)
      expect(server.requests.at(-1)).toMatch(/^model\.safetensors( from \d+)?$/)
      expect(server.requests.filter((name) => name === 'config.json')).toHaveLength(1)
    },
  )

  it('several times in a row makes progress every time', async () => {
    const { store, folder, server, hub } = await storeAndHub()
    for (let round = 0; round < 5; round++) {
      const half: { process?: ChildProcess } = {}
      server.answers = [piecewise(8, () => half.process?.kill('SIGKILL'))]
      half.process = install(folder, server.endpoint)
      expect(await once(half.process, 'exit')).toEqual([null, 'SIGKILL'])
    }
    await store.install(MODEL, hub, watched())
    const begun = server.requests
      .filter((name) => name.startsWith('model.'))
      .map((name) => Number(name.split(' from ')[1] ?? 0))
    expect(begun).toEqual([...begun].sort((a, b) => a - b))
    expect(begun.at(-1)).toBeGreaterThan(0)
    expect(Object.keys(await filesIn(folder)).sort()).toEqual(INSTALLED)
  })
})

/** Sends this many pieces of a kilobyte one by one, then calls `onSent`. */
function piecewise(pieces: number, onSent: () => void): Answer {
  return (asked) => {
    const body = begin(asked)
    let sent = 0
    const next = () => {
      if (sent === pieces) onSent()
      else asked.response.write(body.subarray(sent * 1024, ++sent * 1024), () => setTimeout(next, 2))
    }
    next()
  }
}
