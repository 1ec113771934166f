// @ts-check
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { runTests } from '@vscode/test-electron'
import * as esbuild from 'esbuild'
import { CACHE, REPO, SAMPLE } from './paths.mjs'

const SOURCES = join(REPO, 'test', 'extension')
const BUNDLES = join(CACHE, 'extension-tests')

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * Runs the suites of test/extension in a real extension host: a downloaded desktop VS Code where
 * LOGITSCOPE_VSCODE=download asks for it, else the browser-served one.
 *
 * @param {Record<string, string>} [env] LOGITSCOPE_BROWSER_PLATFORM, LOGITSCOPE_TEST_GREP
 * @returns {Promise<Counts>}
 */
export async function runExtensionTests(env = {}) {
  await bundleSuites()
  const countsFile = join(BUNDLES, 'counts.json')
  const executable = join(REPO, 'scripts', 'codeServerExecutable.mjs')
  /** @type {unknown} */
  let failure
  try {
    await runTests({
      extensionDevelopmentPath: REPO,
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

async function bundleSuites() {
  await rm(BUNDLES, { recursive: true, force: true })
  await mkdir(BUNDLES, { recursive: true })
  const suites = (await readdir(SOURCES)).filter((name) => name.endsWith('.test.ts'))
  await esbuild.build({
    entryPoints: ['index.ts', ...suites].map((name) => join(SOURCES, name)),
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
