// @ts-check
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { runTests } from '@vscode/test-electron'
import * as esbuild from 'esbuild'
import { CACHE, REPO, SAMPLE } from '../../scripts/paths.mjs'

const TESTS = join(REPO, 'test')
const BUNDLES = join(CACHE, 'extension-tests')

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * Runs the suites of a folder in a real extension host: a downloaded desktop VS Code where
 * LOGITSCOPE_VSCODE=download asks for it, else the browser-served one.
 *
 * @param {Record<string, string>} [env] LOGITSCOPE_BROWSER_PLATFORM, LOGITSCOPE_BROWSER_WEBGPU, LOGITSCOPE_TEST_GREP
 * @param {{ folder?: string, companions?: string[] }} [what] of the suites, and extensions beside the one under test
 * @returns {Promise<Counts>}
 */
export async function runExtensionTests(env = {}, { folder = 'extension', companions = [] } = {}) {
  await bundleSuites(folder)
  const countsFile = join(BUNDLES, 'counts.json')
  const executable = join(REPO, 'test', 'hosts', 'codeServerExecutable.mjs')
  /** @type {unknown} */
  let failure
  try {
    await runTests({
      extensionDevelopmentPath: [REPO, ...companions],
      extensionTestsPath: join(BUNDLES, 'index.cjs'),
      extensionTestsEnv: { ...env, LOGITSCOPE_TEST_COUNTS: countsFile },
      launchArgs: [SAMPLE],
      ...(process.env.LOGITSCOPE_VSCODE === 'download' ? {} : { vscodeExecutablePath: executable }),
    })
  } catch (error) {
    failure = error
  }
  /** @type {Counts | undefined} */
  const counts = await readFile(countsFile, 'utf8').then(JSON.parse, () => undefined)
  if (counts === undefined) throw failure ?? new Error('The extension host ended without running the suites.')
  return counts
}

/** @param {string} folder of the suites */
async function bundleSuites(folder) {
  await rm(BUNDLES, { recursive: true, force: true })
  await mkdir(BUNDLES, { recursive: true })
  const suites = (await readdir(join(TESTS, folder))).filter((name) => name.endsWith('.test.ts'))
  await esbuild.build({
    entryPoints: [
      { in: join(TESTS, 'extension', 'index.ts'), out: 'index' },
      ...suites.map((name) => ({ in: join(TESTS, folder, name), out: basename(name, '.ts') })),
    ],
    outdir: BUNDLES,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs', // what VS Code loads a suite as
    external: ['vscode', 'mocha'],
    sourcemap: 'inline',
    logLevel: 'warning',
  })
}
