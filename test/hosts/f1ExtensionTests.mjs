// @ts-check
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runTests } from '@vscode/test-electron'
import * as esbuild from 'esbuild'
import { CACHE, REPO, SAMPLE } from '../../scripts/paths.mjs'
import { runServedExtensionTests } from './servedExtensionTests.mjs'

const TESTS = join(REPO, 'test')
const BUNDLES = join(CACHE, 'extension-tests-f1')

const DESKTOP_PLATFORM = /** @type {const} */ ({ darwin: 'mac', win32: 'windows' })

/** @typedef {import('./servedExtensionTests.mjs').Platform} Platform */
/** @typedef {import('../../scripts/testResults.mjs').SuiteResult} SuiteResult */

/**
 * @typedef {object} TestWindow
 * @property {string} [only] name, without extension, of the only test file to run; without it all files run
 * @property {Platform} platform whose key bindings the workbench uses; on a desktop only the desktop's own
 */

/**
 * @typedef {object} ExtensionTests
 * @property {string} folder below test/, with the test files
 * @property {TestWindow[]} windows
 * @property {string[]} [companions] folders of other extensions
 * @property {boolean} [webGpu] whether the windows have a software graphics adapter
 */

/** Whether the tests run in a desktop VS Code, which is downloaded, and not in the browser-served one. */
export const ON_DESKTOP = process.env.LOGITSCOPE_VSCODE === 'download'

/**
 * Runs the test files of a folder in real extension hosts.
 *
 * @param {ExtensionTests} tests
 * @returns {Promise<SuiteResult[]>} one for each window
 */
export async function runExtensionTests({ folder, windows, companions = [], webGpu = false }) {
  await rm(BUNDLES, { recursive: true, force: true })
  const wanted = ON_DESKTOP ? windows.filter(({ platform }) => platform === desktopPlatform()) : windows
  const bundled = []
  for (const [i, window] of wanted.entries()) {
    bundled.push({ ...window, bundle: await bundleTests(join(BUNDLES, String(i)), folder, window) })
  }
  if (ON_DESKTOP) {
    for (const { bundle } of bundled) await runOnDesktop(bundle.entry, companions)
  } else {
    await runServedExtensionTests({
      windows: bundled.map(({ bundle: { entry }, platform }) => ({ entry, platform })),
      folder: SAMPLE,
      extension: REPO,
      others: companions,
      webGpu,
    })
  }
  return Promise.all(bundled.map(({ bundle }) => readResults(bundle.results, folder)))
}

function desktopPlatform() {
  return DESKTOP_PLATFORM[/** @type {keyof typeof DESKTOP_PLATFORM} */ (process.platform)] ?? 'linux'
}

/** @param {string} entry @param {string[]} companions */
async function runOnDesktop(entry, companions) {
  try {
    await runTests({
      extensionDevelopmentPath: [REPO, ...companions],
      extensionTestsPath: entry,
      launchArgs: [SAMPLE],
    })
  } catch (error) {
    // VS Code also ends with an error if tests failed. The results file shows whether they ran.
    console.error(error)
  }
}

/**
 * @param {string} target folder
 * @param {string} folder below test/, with the test files
 * @param {TestWindow} window
 * @returns {Promise<{ entry: string, results: string }>} the module to run, and the file that it writes
 */
async function bundleTests(target, folder, { only, platform }) {
  await mkdir(target, { recursive: true })
  const files = (await readdir(join(TESTS, folder))).filter(
    (name) => name.endsWith('.test.ts') && (only === undefined || name === `${only}.test.ts`),
  )
  const results = join(target, 'results.json')
  await esbuild.build({
    entryPoints: [
      { in: join(TESTS, 'extension', 'index.ts'), out: 'index' },
      ...files.map((name) => ({ in: join(TESTS, folder, name), out: basename(name, '.ts') })),
    ],
    outdir: target,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs', // the format that VS Code loads tests in
    external: ['vscode', 'mocha'],
    // Windows share a server, so environment variables cannot tell them apart.
    define: { WORKBENCH_PLATFORM: JSON.stringify(platform), RESULTS_FILE: JSON.stringify(results) },
    sourcemap: 'inline',
    logLevel: 'warning',
  })
  return { entry: join(target, 'index.cjs'), results }
}

/**
 * @param {string} file
 * @param {string} folder below test/, with the test files
 * @returns {Promise<SuiteResult>}
 */
async function readResults(file, folder) {
  try {
    /** @type {SuiteResult} */
    const { files = [], failures = [], ...counts } = JSON.parse(await readFile(file, 'utf8'))
    const pathOf = (/** @type {string} */ name) => `test/${folder}/${name}`
    return {
      ...counts,
      files: files.map(({ name, ms }) => ({ name: pathOf(name), ms })),
      failures: failures.map((failure) => ({ ...failure, file: pathOf(failure.file) })),
    }
  } catch (error) {
    throw new Error('The extension host ended without running the tests.', { cause: error })
  }
}

// `node test/hosts/extensionTests.mjs` bundles the tests for "Extension Tests" of .vscode/launch.json.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await bundleTests(join(BUNDLES, 'debug'), 'extension', { platform: desktopPlatform() })
}
