import { describe, expect, it } from 'vitest'
import { validatedEngine } from '../../../../src/engine/client/selfTest/validatedEngine'
import {
  type ComparedRows,
  type CompareRequest,
  type EngineMethods,
  NO_TARGET,
} from '../../../../src/shared/contracts/engine/engineApi'
import { MalformedAnswerError } from '../../../../src/shared/errors'
import type { RpcHandlers } from '../../../../src/shared/rpc'
import { connect, MINI } from '../../../support/engine/engineUnderTest'
import { hashEngine } from '../../../support/fakes/hashEngine'

/** Rows 1 and 2 of one window, and rows 2 and 3 of another one. */
const REQUEST: CompareRequest = {
  tokenIds: Int32Array.of(50256, 11, 13),
  firstRow: 1,
  targets: Int32Array.of(13, NO_TARGET),
  topK: 1,
  priority: 'bulk',
  baseline: { tokenIds: Int32Array.of(50256, 7, 11, 13), firstRow: 2 },
}

describe('A validated engine', () => {
  it('delivers compared rows as they are', async () => {
    const { rows } = await compared((row) => rowAt(row))
    expect(rows).toEqual([rowAt(1), rowAt(2)])
  })

  it.each<[string, (rows: ComparedRows) => unknown]>([
    ['is missing', () => undefined],
    ['is another row', (rows) => ({ ...rows, shown: { ...rows.shown, firstRow: 1 } })],
    ['is another row of the baseline', (rows) => ({ ...rows, baseline: { ...rows.baseline, firstRow: 2 } })],
    ['has no baseline', (rows) => ({ ...rows, baseline: undefined })],
    ['has a divergence of NaN', (rows) => ({ ...rows, kl: Float32Array.of(NaN) })],
    ['has too few divergences', (rows) => ({ ...rows, jensenShannon: new Float32Array(0) })],
  ])('rejects a compared row that %s, and delivers only the rows before', async (_, change) => {
    const { rows, error } = await compared((row) => (row === 2 ? change(rowAt(row)) : rowAt(row)))
    expect(error).toBeInstanceOf(MalformedAnswerError)
    expect(rows).toEqual([rowAt(1)])
  })

  it('rejects a comparison that ends before its last row', async () => {
    const engine = validated({ compare: () => Promise.resolve({ computedPositions: 0 }) })
    await expect(engine.compare(REQUEST)).rejects.toThrow(/row 1 is missing/)
  })

  it('rejects a baseline without a description', async () => {
    const engine = validated({ loadBaseline: () => Promise.resolve(undefined as never) })
    await expect(engine.loadBaseline({ location: MINI, precision: 'fp32' })).rejects.toThrow(
      MalformedAnswerError,
    )
  })
})

function validated(handlers: Partial<RpcHandlers<EngineMethods>>) {
  return validatedEngine(connect({ ...hashEngine(), ...handlers }))
}

/** The rows that arrive from a comparison whose rows are made by `rowOf`. */
async function compared(rowOf: (row: number) => unknown) {
  const rows: ComparedRows[] = []
  const engine = validated({
    compare: (_, { onProgress }) => {
      for (const row of [1, 2]) onProgress({ kind: 'rows', rows: rowOf(row) as ComparedRows })
      return Promise.resolve({ computedPositions: 3 })
    },
  })
  const error: unknown = await engine
    .compare(REQUEST, {
      onProgress: (progress) => {
        if (progress.kind === 'rows') rows.push(progress.rows)
      },
    })
    .then(
      () => undefined,
      (reason: unknown) => reason,
    )
  return { rows, error }
}

function rowAt(row: number): ComparedRows {
  const side = (firstRow: number) => ({
    firstRow,
    logSumExp: Float64Array.of(20),
    entropy: Float32Array.of(5),
    targetLogit: Float32Array.of(3),
    targetRank: Int32Array.of(7),
    topIds: Int32Array.of(11),
    topLogits: Float32Array.of(19),
  })
  return {
    shown: side(row),
    baseline: side(row + 1),
    kl: Float32Array.of(0.5),
    jensenShannon: Float32Array.of(0.25),
  }
}
