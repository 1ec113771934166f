import * as assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'

/** Only a limit, shorter than that of a test, so that the failure has its description. */
const LIMIT_MS = 30_000
const INTERVAL_MS = 20

/**
 * Waits for a condition that no event announces.
 * @param describe what the failure message says about the present state
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  describe: () => string,
): Promise<void> {
  const deadline = Date.now() + LIMIT_MS
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, describe())
    await delay(INTERVAL_MS)
  }
}
