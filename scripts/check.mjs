// @ts-check
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { NODE_MODULES, REPO } from './paths.mjs'
import { CommandError, run } from './processes.mjs'
import { sum } from './testResults.mjs'

/** @typedef {import('./testResults.mjs').SuiteResult} SuiteResult */

const CHECK_LIMIT_MS = 5 * 60_000

/** Every folder with its own tsconfig.json, with other globals and types. */
const PROJECTS = [
  '.',
  'webview',
  'test/extension',
  'test/webview',
  'test/web',
  'test/companion',
  'test/e2e',
  'scripts',
]

/**
 * The checks of a group run in turn; the groups run at the same time, because every tool uses one core only.
 *
 * @type {Record<string, () => Promise<void>>[]}
 */
const GROUPS = [
  {
    async types() {
      for (const project of PROJECTS) await runTool('typescript/bin/tsc', ['-p', project])
    },
  },
  {
    lint: () => runTool('eslint/bin/eslint.js', ['.']),
    layers: () => runTool('dependency-cruiser/bin/dependency-cruise.mjs', ['src', 'webview', 'test/support']),
    folders: () => runScript(join(REPO, 'scripts/folders.mjs')),
    format: () => runTool('prettier/bin/prettier.cjs', ['--check', '--log-level', 'warn', '.']),
  },
]

/** Runs the checks that a change must pass before its tests are worth running. */
export async function runChecks() {
  return sum(await Promise.all(GROUPS.map(runGroup)))
}

/**
 * @param {Record<string, () => Promise<void>>} checks
 * @returns {Promise<SuiteResult>}
 */
async function runGroup(checks) {
  /** @type {Required<SuiteResult>} */
  const result = { passed: 0, failed: 0, skipped: 0, files: [], failures: [] }
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check()
      result.passed++
      console.log(`${name}: ok`)
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      result.failed++
      result.failures.push({ file: '', title: name, error: error.message })
      console.error(`${name}: failed`)
    }
  }
  return result
}

/** @param {string} tool its script in node_modules @param {string[]} args */
function runTool(tool, args) {
  return runScript(join(NODE_MODULES, tool), args)
}

/** @param {string} script @param {string[]} args */
function runScript(script, args = []) {
  return run(process.execPath, [script, ...args], { limitMs: CHECK_LIMIT_MS, output: 'show' })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { failed } = await runChecks()
  process.exitCode = failed > 0 ? 1 : 0
}
