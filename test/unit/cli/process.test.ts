import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text as readAll } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { InspectionReport } from '../../../src/prediction/report/report'
import { type Outcome, PACKAGE } from '../../support/cli/runInProcess'

const CLI = join(PACKAGE, 'dist', 'cli.js')

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'logitscope-cli-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true })
})

describe('The process of dist/cli.js', () => {
  beforeAll(() => {
    if (!existsSync(CLI)) throw new Error('dist/cli.js is missing: npm run build')
  })

  it('prints all of a long JSON through a pipe before it exits with 0', async () => {
    const text = 'one two three four five six seven eight nine ten\n'.repeat(20)
    const { code, stdout, stderr } = await runProcess(['inspect', '--text', text, '--json', '--top-k', '100'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(reportIn(stdout)).toMatchObject({ model: 'mini', precision: 'fp32' })
    expect(reportIn(stdout).positions).toHaveLength(220)
  })

  it('exits with 0 and prints no error when its reader closes the pipe', async () => {
    const { child, stderr, ended } = start(['inspect', '--text', 'a b c', '--json', '--top-k', '100'])
    child.stdout.destroy()
    expect({ code: await ended, stderr: await stderr }).toEqual({ code: 0, stderr: '' })
  })

  it('checks the native library once, and then runs on it', async () => {
    const args = ['inspect', '--text', 'the cat', '--json', '--backend', 'native']
    const first = await runProcess(args)
    const checks = await readFile(join(folder, 'logitscope', 'backend-checks.json'), 'utf8')
    const second = await runProcess(args)

    expect(reportIn(first.stdout).backend).toBe('native')
    expect(Object.keys(JSON.parse(checks) as object)[0]).toMatch(/^backendCheck native .* fp32 /)
    expect(second).toEqual(first)
  })

  it('uses WASM without a word if the native library cannot be loaded', async () => {
    const library = join(folder, 'corrupt.cjs')
    await writeFile(library, 'throw new Error("corrupt")')
    const { code, stdout, stderr } = await runProcess(['inspect', '--text', 'a', '--json'], library)

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(reportIn(stdout).backend).toBe('wasm')
  })

  it('exits with 2 and one sentence if the native library is required and missing', async () => {
    const args = ['inspect', '--text', 'a', '--backend', 'native']

    expect(await runProcess(args, join(folder, 'none'))).toEqual({
      code: 2,
      stdout: '',
      stderr: `logitscope: LOGITSCOPE_NATIVE is ${join(folder, 'none')}, where no native library is. Set it to the folder of the extension Logitscope Native.\n`,
    })
  })

  it('exits with 2 after a model that cannot be loaded', async () => {
    const { code, stdout, stderr } = await runProcess(['inspect', '--text', 'a', '--model', folder])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^logitscope: .+\n$/)
  })

  it('exits with 2 after bad usage', async () => {
    expect(await runProcess(['inspect'])).toMatchObject({ code: 2, stdout: '' })
  })
})

function reportIn(stdout: string): InspectionReport {
  return JSON.parse(stdout) as InspectionReport
}

/** Starts the built command line in a separate process, with an own cache folder. */
function start(args: readonly string[], nativeLibrary?: string) {
  const child = spawn(process.execPath, [CLI, ...args], {
    env: {
      ...process.env,
      LOGITSCOPE_MODELS: undefined,
      LOGITSCOPE_NATIVE: nativeLibrary,
      XDG_CACHE_HOME: folder,
    },
  })
  child.stdin.end()
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  return { child, stderr: readAll(child.stderr), ended }
}

async function runProcess(args: readonly string[], nativeLibrary?: string): Promise<Outcome> {
  const { child, stderr, ended } = start(args, nativeLibrary)
  const [stdout, errors, code] = await Promise.all([readAll(child.stdout), stderr, ended])
  return { code, stdout, stderr: errors }
}
