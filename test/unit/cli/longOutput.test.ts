import { PassThrough } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { run } from '../../support/cli/runInProcess'

it('The JSON of logitscope inspect waits for its reader between two pieces', async () => {
  const stdout = new SlowOutput()

  await run(['inspect', '--text', 'one two three four\n'.repeat(100), '--json', '--top-k', '50'], { stdout })

  expect(stdout.writes).toBeGreaterThan(10)
  expect(stdout.mostWaiting).toBe(1)
})

/** Accepts each write some turns later, and counts how many wait. */
class SlowOutput extends PassThrough {
  writes = 0
  mostWaiting = 0
  private waiting = 0

  override write(chunk: string, accepted?: unknown): boolean {
    this.writes++
    this.mostWaiting = Math.max(this.mostWaiting, ++this.waiting)
    void setImmediate().then(() => {
      this.waiting--
      super.write(chunk)
      if (typeof accepted === 'function') accepted()
    })
    return false
  }
}
