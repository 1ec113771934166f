import { Transform } from 'node:stream'
import { expect, it } from 'vitest'
import { run } from '../../support/cli/runInProcess'

it('The JSON of logitscope inspect waits for its reader after each piece', async () => {
  const pieces: number[] = []
  const unread: number[] = []
  const stdout = new Transform({
    transform(piece: Buffer, _, done) {
      pieces.push(piece.length)
      unread.push(this.writableLength)
      setImmediate(done, null, piece)
    },
  })

  await run(['inspect', '--text', 'one two three four\n'.repeat(100), '--json', '--top-k', '50'], { stdout })

  expect(pieces.length).toBeGreaterThan(10)
  expect(unread).toEqual(pieces)
})
