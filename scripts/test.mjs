// @ts-check
// Runs every suite and sums up the results; `npm test -- unit e2e` runs only the named suites.
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ensureInstalled } from './ensureInstalled.mjs'
import { runMain, SetupError } from './failure.mjs'
import { CACHE, NODE_MODULES, REPO } from './paths.mjs'
import { run } from './processes.mjs'
import { duration, failureText, resultOfVitest, sentence, sum } from './testResults.mjs'

/** @typedef {import('./testResults.mjs').SuiteResult} SuiteResult */
/** @typedef {import('./testResults.mjs').Failure} Failure */
/** @typedef {Required<SuiteResult> & { name: string, ms: number }} TimedResult */

const RESULTS = join(CACHE, 'test-results')
const VITEST_LIMIT_MS = 15 * 60_000
const SLOWEST_FILES = 5

/** @type {Record<string, () => Promise<SuiteResult>>} */
const SUITES = {
  build: async () => {
    // Packaging leaves its own build in `dist/`, which the other suites use.
    if (suites.has('e2e')) await settled(packages())
    const { build } = await import('./build.mjs')
    await build('development')
    return { passed: 1, failed: 0, skipped: 0 }
  },
  check: async () => {
    const { runChecks } = await import('./check.mjs')
    return runChecks()
  },
  unit: async () => {
    await native()
    return runVitest('unit', ['unit', 'unit-mocking'])
  },
  webview: () => inChromium('webview', () => runVitest('webview')),
  web: () => inChromium('web', () => runVitest('web')),
  webgpu: async () => {
    await softwareAdapter()
    await native()
    // On Chromium's software adapter, and on another one in Node and in the native library.
    return sum([await inChromium('webgpu', () => runVitest('webgpu')), await runVitest('dawn')])
  },
  extension: () => inExtensionHost('extension', runExtensionSuite),
  companion: () => inExtensionHost('companion', runCompanionSuite),
  e2e: () =>
    inChromium('e2e', async () => {
      await packages()
      await native()
      return runVitest('e2e')
    }),
}

/**
 * The suites in their order: what finds most mistakes in the least time first. The suites of a lane run one after the other,
 * beside those of the other lane: an extension host waits much of the time.
 */
const STAGES = [
  [['build'], ['check']],
  [
    ['unit', 'webview', 'web'],
    ['extension', 'companion'],
  ],
  [['webgpu', 'e2e']],
]

/** What several suites need is made once, also if that fails. */
const native = once(async () => {
  const { provideNative } = await import('./native.mjs')
  await provideNative()
})
const packages = once(async () => {
  const { packageExtensions, packageNative } = await import('./package.mjs')
  await packageExtensions()
  await packageNative()
})
const softwareAdapter = once(async () => {
  const { provideSoftwareAdapter } = await import('../test/hosts/softwareAdapter.mjs')
  await provideSoftwareAdapter()
})
const chromium = once(async () => {
  const { findChromiumIfAny } = await import('../test/hosts/chromium.mjs')
  return findChromiumIfAny()
})

/** What is fetched while the first suites run, in this order, and the suites that need it. */
const INSTALLATIONS = [
  { needed: ['webview', 'web', 'webgpu', 'extension', 'companion', 'e2e'], install: chromium },
  { needed: ['webgpu'], install: softwareAdapter },
  {
    needed: ['extension', 'companion', 'e2e'],
    install: async () => {
      const { ON_DESKTOP } = await import('../test/hosts/extensionTests.mjs')
      const { installVscodeHost } = await import('../test/hosts/vscodeHostInstall.mjs')
      if (!ON_DESKTOP) await installVscodeHost((step) => console.log(step))
    },
  },
  {
    needed: ['e2e'],
    install: async () => {
      const { installVscodeWebHost } = await import('../test/hosts/vscodeWebHostInstall.mjs')
      await installVscodeWebHost((step) => console.log(step))
    },
  },
]

/** Those of this run. @type {Set<string>} */
const suites = new Set()

await runMain(async () => {
  for (const name of suitesToRun(process.argv.slice(2))) suites.add(name)
  await ensureInstalled()
  await rm(RESULTS, { recursive: true, force: true })
  await mkdir(RESULTS, { recursive: true })

  // Each suite waits for what it needs, and reports the error.
  for (const { needed, install } of INSTALLATIONS)
    if (needed.some((name) => suites.has(name))) void settled(install())

  /** @type {TimedResult[]} */
  const results = []
  for (const lanes of STAGES) {
    const runLane = async (/** @type {string[]} */ lane) => {
      for (const name of lane) if (suites.has(name)) results.push(await timedSuite(name))
    }
    await Promise.all(lanes.map(runLane))
  }

  printTimes(results)
  printFailures(results)
  const total = sum(results)
  console.log(`\n${sentence(total)}`)
  process.exitCode = total.failed > 0 ? 1 : 0
})

/** Calls a function at the first call only. @template T @param {() => Promise<T>} make */
function once(make) {
  /** @type {Promise<T> | undefined} */
  let made
  return () => (made ??= make())
}

/** Resolves when a promise has ended. @param {Promise<unknown>} promise */
function settled(promise) {
  return promise.then(
    () => undefined,
    () => undefined,
  )
}

/** @param {string[]} wanted */
function suitesToRun(wanted) {
  const unknown = wanted.filter((name) => !(name in SUITES))
  if (unknown.length > 0) {
    throw new SetupError(
      `There is no suite ${unknown.join(', ')}; the suites are ${Object.keys(SUITES).join(', ')}.`,
    )
  }
  return wanted.length === 0 ? Object.keys(SUITES) : ['build', ...wanted]
}

/** @param {string} name @returns {Promise<TimedResult>} */
async function timedSuite(name) {
  console.log(`\n── ${name}`)
  const started = Date.now()
  const result = sum([await runSuite(name)])
  return { ...result, name, ms: Date.now() - started }
}

/**
 * Runs a suite. One that cannot be run counts as one failure, and its error is printed.
 *
 * @param {string} name
 * @returns {Promise<SuiteResult>}
 */
async function runSuite(name) {
  try {
    const result = await SUITES[name]?.()
    if (result !== undefined && result.passed + result.failed + result.skipped > 0) return result
    throw new SetupError(`${name} ran no test.`)
  } catch (error) {
    console.error(error instanceof SetupError ? error.message : error)
    return { passed: 0, failed: 1, skipped: 0, failures: [withoutTest(error)] }
  }
}

/** @param {unknown} error of a whole suite @returns {Failure} */
function withoutTest(error) {
  return { file: '', title: '', error: error instanceof Error ? error.message : String(error) }
}

/**
 * Runs tests that need Chromium; they read its path from LOGITSCOPE_CHROMIUM. Without Chromium the suite counts as one
 * skipped test.
 *
 * @param {string} name of the suite
 * @param {() => Promise<SuiteResult>} runTests
 * @returns {Promise<SuiteResult>}
 */
async function inChromium(name, runTests) {
  const { CHROMIUM_MISSING } = await import('../test/hosts/chromium.mjs')
  const path = await chromium()
  if (path === undefined) {
    console.warn(`${name} is skipped: ${CHROMIUM_MISSING}`)
    return { passed: 0, failed: 0, skipped: 1 }
  }
  process.env.LOGITSCOPE_CHROMIUM = path
  return runTests()
}

/**
 * Runs tests in extension hosts. Only the browser-served VS Code needs Chromium, not the desktop's.
 *
 * @param {string} name of the suite
 * @param {() => Promise<SuiteResult>} runTests
 */
async function inExtensionHost(name, runTests) {
  const { ON_DESKTOP } = await import('../test/hosts/extensionTests.mjs')
  return ON_DESKTOP ? runTests() : inChromium(name, runTests)
}

/**
 * @param {string} name of the results
 * @param {string[]} [projects] of vitest.config.ts
 * @returns {Promise<SuiteResult>}
 */
async function runVitest(name, projects = [name]) {
  const resultsFile = join(RESULTS, `${name}.json`)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${resultsFile}`]
  /** @type {unknown} */
  let failure
  try {
    await run(
      process.execPath,
      [
        join(NODE_MODULES, 'vitest/vitest.mjs'),
        'run',
        ...projects.flatMap((project) => ['--project', project]),
        ...reporters,
      ],
      { limitMs: VITEST_LIMIT_MS, output: 'show' },
    )
  } catch (error) {
    failure = error
  }
  const report = await readFile(resultsFile, 'utf8').then(JSON.parse, () => undefined)
  if (report === undefined) throw failure ?? new Error(`Vitest left no results in ${resultsFile}.`)
  const result = resultOfVitest(report, REPO)
  if (failure === undefined || result.failed > 0) return result
  // A test file that cannot be loaded, or an error outside of tests, fails the run without a failed test.
  const { failures } = result
  return { ...result, failed: 1, failures: failures.length > 0 ? failures : [withoutTest(failure)] }
}

async function runExtensionSuite() {
  const { runExtensionTests } = await import('../test/hosts/extensionTests.mjs')
  const results = await runExtensionTests({
    folder: 'extension',
    windows: [
      { platform: 'linux' },
      // Only the default key bindings differ between platforms; the browser can claim to be on any of them.
      { platform: 'mac', only: 'keybindings' },
      { platform: 'windows', only: 'keybindings' },
    ],
  })
  return sum(results)
}

/** Runs the extension in its host and the companion in the window's host, with a software graphics adapter. */
async function runCompanionSuite() {
  const { runExtensionTests } = await import('../test/hosts/extensionTests.mjs')
  const { COMPANION } = await import('./paths.mjs')
  const results = await runExtensionTests({
    folder: 'companion',
    windows: [{ platform: 'linux' }],
    companions: [COMPANION, join(REPO, 'test', 'companion', 'freezer')],
    webGpu: true,
  })
  return sum(results)
}

/** @param {readonly TimedResult[]} results */
function printTimes(results) {
  console.log()
  for (const result of results) {
    console.log(`  ${result.name.padEnd(10)} ${duration(result.ms).padStart(12)}   ${sentence(result)}`)
  }
  const slowest = sum(results)
    .files.toSorted((a, b) => b.ms - a.ms)
    .slice(0, SLOWEST_FILES)
  if (slowest.length === 0) return
  console.log('\nThe slowest test files:\n')
  for (const { name, ms } of slowest) console.log(`  ${duration(ms).padStart(12)}   ${name}`)
}

/** The last lines of a log say which tests failed. @param {readonly TimedResult[]} results */
function printFailures(results) {
  const texts = results.flatMap(({ name, failures }) => failures.map((failure) => failureText(name, failure)))
  if (texts.length > 0) console.log(`\nFailed:\n\n${texts.join('\n')}`)
}
