import * as assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'

const LIMIT_MS = 10_000
const INTERVAL_MS = 20

/**
 * Waits for a condition that no event announces.
 * @param describe what the failure message says about the present state
 */
export async function until(condition: () => boolean, describe: () => string): Promise<void> {
  const deadline = Date.now() + LIMIT_MS
  while (!condition()) {
    assert.ok(Date.now() < deadline, describe())
    await delay(INTERVAL_MS)
  }
}
