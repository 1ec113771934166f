import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { MistakeMatrix } from '../../support/check/mistakeMatrix'
import { LOADING_LIMIT_MS } from '../../support/engine/engineUnderTest'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'logitscope-bias-'))
})
afterAll(() => rm(folder, { recursive: true }))

it(
  'A bias of the head is not named where only noise is left, although it would take half of that',
  async () => {
    const matrix = await MistakeMatrix.load('mini', folder, 'native')
    const mistaken = matrix.model.cases.find(({ mistakes }) => mistakes.join() === 'no residual in attention')
    if (mistaken === undefined) throw new Error('there is no such case')

    const { decision } = await matrix.search(mistaken, 'float32')

    expect(decision).toMatchObject({ kind: 'named', best: { defects: ['residual'] } })
  },
  LOADING_LIMIT_MS,
)
