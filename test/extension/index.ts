import { readdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type Mocha from 'mocha'
import type { Failure, SuiteResult } from '../../scripts/testResults.mjs'

/** The file to write the results to, as JSON; set when the tests are bundled. */
declare const RESULTS_FILE: string

/** An inspection waits until the engine has started and the model is loaded. */
const TEST_LIMIT_MS = 60_000

/**
 * Runs every test file that is bundled next to this file. VS Code calls it inside the extension host.
 *
 * @throws Error when a test failed, which VS Code takes as the failure of the run
 */
export async function run(): Promise<void> {
  // Mocha is an ES module. On the Node of the oldest host, `require` gives it another shape.
  const { default: MochaRunner } = await import('mocha')
  const mocha = new MochaRunner({ ui: 'bdd', timeout: TEST_LIMIT_MS })
  for (const name of readdirSync(__dirname).sort()) {
    if (name.endsWith('.test.cjs')) mocha.addFile(join(__dirname, name))
  }
  const result = await runMocha(mocha)
  writeFileSync(RESULTS_FILE, JSON.stringify(result))
  if (result.failed > 0) throw new Error(`${result.failed} tests of the extension failed.`)
}

function runMocha(mocha: Mocha): Promise<SuiteResult> {
  return new Promise((resolve) => {
    const startedAt = new Map<Mocha.Suite, number>()
    const msOfFile = new Map<string, number>()
    const failedTests: Failure[] = []
    const runner = mocha.run(() => {
      const { passes, failures, pending } = runner.stats as Mocha.Stats
      const files = [...msOfFile].map(([name, ms]) => ({ name, ms }))
      resolve({ passed: passes, failed: failures, skipped: pending, files, failures: failedTests })
    })
    runner.on('fail', (test, error: unknown) => {
      const { file = '' } = test
      const message = error instanceof Error ? error.message : String(error)
      failedTests.push({ file: nameOf(file), title: test.fullTitle(), error: message })
    })
    runner.on('suite', (suite) => startedAt.set(suite, Date.now()))
    runner.on('suite end', (suite) => {
      const started = startedAt.get(suite)
      if (started === undefined || suite.parent?.root !== true || suite.file === undefined) return
      const name = nameOf(suite.file)
      msOfFile.set(name, (msOfFile.get(name) ?? 0) + Date.now() - started)
    })
  })
}

/** The name of the test file that was bundled into the file. */
function nameOf(bundle: string): string {
  return `${basename(bundle, '.cjs')}.ts`
}
