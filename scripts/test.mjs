// @ts-check
// Runs every suite and sums them up; `npm test -- unit e2e` runs only those that are named.
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ensureInstalled } from './ensureInstalled.mjs'
import { runMain, SetupError } from './failure.mjs'
import { CACHE, NODE_MODULES } from './paths.mjs'
import { run } from './processes.mjs'

const RESULTS = join(CACHE, 'test-results')
const VITEST_LIMIT_MS = 15 * 60_000

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * The suites in their order: what is quickest to tell comes first, the VSIX before what installs it.
 *
 * @type {Record<string, () => Promise<Counts>>}
 */
const SUITES = {
  build: async () => {
    const { build } = await import('./build.mjs')
    await build()
    return { passed: 1, failed: 0, skipped: 0 }
  },
  check: async () => {
    const { runChecks } = await import('./check.mjs')
    return runChecks()
  },
  unit: () => runVitest('unit'),
  webview: () => runVitest('webview'),
  web: () => runVitest('web'),
  webgpu: async () => {
    const { findSoftwareAdapter } = await import('../test/hosts/softwareAdapter.mjs')
    await findSoftwareAdapter()
    // On Chromium's software adapter, and on another one in Node.
    return sum([await runVitest('webgpu'), await runVitest('dawn')])
  },
  extension: runInExtensionHost,
  companion: runWithCompanion,
  e2e: async () => {
    const { packageExtensions } = await import('./package.mjs')
    await packageExtensions()
    return runVitest('e2e')
  },
}

/** A suite that could not be run has failed once, and says why. */
const FAILURE = { passed: 0, failed: 1, skipped: 0 }

await runMain(async () => {
  const names = suitesToRun(process.argv.slice(2))
  await ensureInstalled()
  await prepare()

  /** @type {Counts[]} */
  const results = []
  for (const name of names) {
    console.log(`\n── ${name}`)
    results.push(await runSuite(name))
  }

  const total = sum(results)
  console.log()
  names.forEach((name, i) => console.log(`  ${name.padEnd(10)} ${sentence(results[i] ?? FAILURE)}`))
  console.log(`\n${sentence(total)}`)
  process.exitCode = total.failed > 0 ? 1 : 0
})

/** @param {string[]} wanted */
function suitesToRun(wanted) {
  const unknown = wanted.filter((name) => !(name in SUITES))
  if (unknown.length > 0) {
    throw new SetupError(
      `There is no suite ${unknown.join(', ')}; there are ${Object.keys(SUITES).join(', ')}.`,
    )
  }
  return wanted.length === 0 ? Object.keys(SUITES) : [...new Set(['build', ...wanted])]
}

/** What every suite may count on: a browser, found once, and a folder for its results. */
async function prepare() {
  const { findChromium } = await import('../test/hosts/chromium.mjs')
  process.env.LOGITSCOPE_CHROMIUM = await findChromium()
  await rm(RESULTS, { recursive: true, force: true })
  await mkdir(RESULTS, { recursive: true })
}

/**
 * @param {string} name
 * @returns {Promise<Counts>}
 */
async function runSuite(name) {
  try {
    const counts = await SUITES[name]?.()
    if (counts !== undefined && counts.passed + counts.failed > 0) return counts
    console.error(`${name} ran no test.`)
  } catch (error) {
    console.error(error instanceof SetupError ? error.message : error)
  }
  return FAILURE
}

/**
 * @param {string} project of vitest.config.ts
 * @returns {Promise<Counts>}
 */
async function runVitest(project) {
  const resultsFile = join(RESULTS, `${project}.json`)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${resultsFile}`]
  /** @type {unknown} */
  let failure
  try {
    await run(
      process.execPath,
      [join(NODE_MODULES, 'vitest/vitest.mjs'), 'run', '--project', project, ...reporters],
      {
        limitMs: VITEST_LIMIT_MS,
        output: 'show',
      },
    )
  } catch (error) {
    failure = error
  }
  const results = await readFile(resultsFile, 'utf8').then(JSON.parse, () => undefined)
  if (results === undefined) throw failure ?? new Error(`vitest left no results in ${resultsFile}.`)
  return {
    passed: results.numPassedTests,
    // A file that could not be loaded fails the run without a failed test.
    failed: Math.max(results.numFailedTests, failure === undefined ? 0 : 1),
    skipped: results.numPendingTests + results.numTodoTests,
  }
}

/** @returns {Promise<Counts>} */
async function runInExtensionHost() {
  const { runExtensionTests } = await import('../test/hosts/extensionTests.mjs')
  const counts = [await runExtensionTests()]
  if (process.env.LOGITSCOPE_VSCODE !== 'download') {
    // Only the defaults differ from platform to platform; the browser can be any of them.
    for (const platform of ['mac', 'windows']) {
      counts.push(
        await runExtensionTests({
          LOGITSCOPE_BROWSER_PLATFORM: platform,
          LOGITSCOPE_TEST_GREP: 'key bindings',
        }),
      )
    }
  }
  return sum(counts)
}

/** The extension in its host, the companion in that of the window, with a graphics adapter in software. */
async function runWithCompanion() {
  const { runExtensionTests } = await import('../test/hosts/extensionTests.mjs')
  const { COMPANION, REPO } = await import('./paths.mjs')
  return runExtensionTests(
    { LOGITSCOPE_BROWSER_WEBGPU: '1' },
    { folder: 'companion', companions: [COMPANION, join(REPO, 'test', 'companion', 'freezer')] },
  )
}

/**
 * @param {readonly Counts[]} counts
 * @returns {Counts}
 */
function sum(counts) {
  return counts.reduce((a, b) => ({
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
  }))
}

/** @param {Counts} counts */
function sentence({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}
