import { errors } from 'playwright-core'

/** How long an effect may take before its action is done again. */
const EFFECT_LIMIT_MS = 5_000

/** Whether a condition holds within the time limit that it gets, in milliseconds. */
export async function soon(condition: (limitMs: number) => Promise<unknown>): Promise<boolean> {
  try {
    await condition(EFFECT_LIMIT_MS)
    return true
  } catch (error) {
    if (error instanceof errors.TimeoutError) return false
    throw error
  }
}
