import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Mocha from 'mocha'

/** An inspection waits for the engine's start and the model. */
const TEST_LIMIT_MS = 60_000

/**
 * Runs every suite beside this file; VS Code calls it inside the extension host and takes a rejection as
 * the failure of the run. LOGITSCOPE_TEST_COUNTS names a file for the numbers, LOGITSCOPE_TEST_GREP
 * picks tests by their titles.
 */
export async function run(): Promise<void> {
  const { LOGITSCOPE_TEST_COUNTS: countsFile, LOGITSCOPE_TEST_GREP: grep } = process.env
  const mocha = new Mocha({ ui: 'bdd', timeout: TEST_LIMIT_MS, ...(grep ? { grep } : {}) })
  for (const file of readdirSync(__dirname)) {
    if (file.endsWith('.test.cjs')) mocha.addFile(join(__dirname, file))
  }

  const stats = await new Promise<Mocha.Stats>((resolve) => {
    const runner = mocha.run(() => resolve(runner.stats as Mocha.Stats))
  })
  const counts = { passed: stats.passes, failed: stats.failures, skipped: stats.pending }
  if (countsFile !== undefined) writeFileSync(countsFile, JSON.stringify(counts))
  if (counts.failed > 0) throw new Error(`${counts.failed} of the extension's tests failed`)
}
