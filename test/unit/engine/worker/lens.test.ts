import { beforeAll, describe, expect, it } from 'vitest'
import type { LoadedModel } from '../../../../src/engine/inference/model'
import type { LensRequest } from '../../../../src/shared/contracts/engine/engineApi'
import type { LensRow } from '../../../../src/shared/contracts/engine/explanation'
import { elementAt } from '../../../../src/shared/elementAt'
import { CancelledError, InvalidRequestError } from '../../../../src/shared/errors'
import {
  connect,
  freshEngine,
  LOADING_LIMIT_MS,
  loadMini,
  MINI,
  score,
  scoreEverything,
  withWatchedTransformer,
} from '../../../support/engine/engineUnderTest'
import { lens, lensOfEverything } from '../../../support/engine/explain'
import { loadModel } from '../../../support/engine/loadModel'
import { referenceText } from '../../../support/reference/referenceTexts'

/** Nats. */
const TOLERANCE = 2e-6
const STEP = 16
const tokenIds = referenceText('long').tokenIds.subarray(0, 3 * STEP + 1)
const S = tokenIds.length

let mini: LoadedModel
beforeAll(async () => {
  mini = await loadMini()
}, LOADING_LIMIT_MS)

const freshApi = (stepPositions = STEP) => connect(freshEngine(mini, stepPositions))

describe('The lens', () => {
  it('gives every row once, in order, with all layers', async () => {
    const { rows } = await lens(freshApi(), lensOfEverything(tokenIds))
    expect(rows.map(({ logitsRow }) => logitsRow)).toEqual(Array.from(tokenIds, (_, row) => row))
    expect(rows.map(({ entropy }) => entropy.length)).toEqual(rows.map(() => mini.info.nLayer + 1))
  })

  it('equals the ordinary output at its last layer', async () => {
    const engine = freshApi()
    const scored = await score(engine, scoreEverything(tokenIds.subarray(0, S - 1)))
    const { rows } = await lens(engine, lensOfEverything(tokenIds, { endRow: S - 1 }))
    const ordinary = rows.map(
      (_, row) => elementAt(scored.targetLogit, row) - elementAt(scored.logSumExp, row),
    )
    // The last row of the shorter text has no target.
    expect(furthest(rows.map(lastLogProb).slice(0, -1), ordinary.slice(0, -1))).toBeLessThanOrEqual(TOLERANCE)
    expect(rows.map(({ kl }) => elementAt(kl, mini.info.nLayer))).toEqual(rows.map(() => 0))
  })

  it('has the same numbers for rows that are requested one by one, after others, or together', async () => {
    const { rows: together } = await lens(freshApi(), lensOfEverything(tokenIds))
    const [single, mixed] = [freshApi(), freshApi()]
    const oneByOne: LensRow[] = []
    for (let row = 0; row < S; row++)
      oneByOne.push(
        ...(await lens(single, lensOfEverything(tokenIds, { firstRow: row, endRow: row + 1 }))).rows,
      )
    await lens(mixed, lensOfEverything(tokenIds, { firstRow: 20, endRow: 31 }))
    const { rows: later } = await lens(mixed, lensOfEverything(tokenIds, { firstRow: 5 }))
    expectSameRows(oneByOne, together)
    expectSameRows(later, together.slice(5))
  })

  it('has no log-probability and no rank in a row without target', async () => {
    const { rows } = await lens(freshApi(), lensOfEverything(tokenIds, { firstRow: S - 1 }))
    const [last] = rows
    expect(last && [...last.logProb]).toEqual(Array(mini.info.nLayer + 1).fill(NaN))
    expect(last && [...last.rank]).toEqual(Array(mini.info.nLayer + 1).fill(0))
  })

  it('computes no position a second time', async () => {
    const { model, runs } = withWatchedTransformer(mini)
    const engine = connect(freshEngine(model, STEP))
    const first = await lens(engine, lensOfEverything(tokenIds))
    const again = await lens(engine, lensOfEverything(tokenIds))
    const { computedPositions } = await score(engine, scoreEverything(tokenIds))
    expect([first.computedPositions, again.computedPositions, computedPositions]).toEqual([S, 0, 0])
    expect(runs.length).toBe(4)
  })

  it('runs one step for the rows in view of a text that was scored', async () => {
    const { model, runs } = withWatchedTransformer(mini)
    const engine = connect(freshEngine(model, STEP))
    await score(engine, scoreEverything(tokenIds))
    runs.length = 0
    await lens(engine, lensOfEverything(tokenIds, { firstRow: 20, endRow: 20 + STEP }))
    expect(runs.map(({ length }) => length)).toEqual([STEP])
  })

  it('is that of the int8 model in int8', async () => {
    const model = await loadModel(MINI, { precision: 'int8' })
    const engine = connect(freshEngine(model, STEP))
    const { targetLogit, logSumExp } = await score(engine, scoreEverything(tokenIds))
    const { rows } = await lens(engine, lensOfEverything(tokenIds))
    const ordinary = rows.map((_, row) => elementAt(targetLogit, row) - elementAt(logSumExp, row))
    expect(furthest(rows.map(lastLogProb).slice(0, -1), ordinary.slice(0, -1))).toBeLessThanOrEqual(TOLERANCE)
  })

  it('ends soon after a cancel, and delivers no rows then', async () => {
    const { model, runs } = withWatchedTransformer(mini)
    const cancel = new AbortController()
    let deliveries = 0
    const running = freshEngine(model, STEP).lens(lensOfEverything(tokenIds), {
      signal: cancel.signal,
      onProgress: () => {
        deliveries++
        cancel.abort()
      },
      transfer: () => undefined,
    })
    await expect(running).rejects.toThrow(CancelledError)
    expect([deliveries, runs.length]).toEqual([1, 1])
  })

  it('lets an interactive request run between its steps', async () => {
    const engine = freshApi()
    const order: string[] = []
    const bulk = engine.lens(lensOfEverything(tokenIds), {
      onProgress: () => {
        if (order.length === 0)
          void engine.logits({ tokenIds: Int32Array.of(5) }).then(() => order.push('logits'))
        order.push('rows')
      },
    })
    await bulk
    expect(order.indexOf('logits')).toBeLessThan(order.length - 1)
  })

  it.each<[string, Partial<LensRequest>]>([
    ['no rows', { firstRow: 3, endRow: 3, targets: new Int32Array(0) }],
    ['rows after the last token', { endRow: S + 1, targets: new Int32Array(S + 1) }],
    ['a negative row', { firstRow: -1, targets: new Int32Array(S + 1) }],
    ['too few targets', { targets: new Int32Array(3) }],
    ['a target beyond the vocabulary', { targets: new Int32Array(S).fill(50257) }],
    ['topK 0', { topK: 0 }],
  ])('rejects a request with %s', async (_, changes) => {
    await expect(lens(freshApi(), { ...lensOfEverything(tokenIds), ...changes })).rejects.toThrow(
      InvalidRequestError,
    )
  })
})

function lastLogProb({ logProb }: LensRow): number {
  return elementAt(logProb, logProb.length - 1)
}

function expectSameRows(actual: readonly LensRow[], expected: readonly LensRow[]): void {
  expect(actual.map(({ logitsRow }) => logitsRow)).toEqual(expected.map(({ logitsRow }) => logitsRow))
  for (const [i, row] of expected.entries()) {
    for (const column of ['logProb', 'entropy', 'kl', 'topLogProbs'] as const) {
      const isLastRow = column === 'logProb' && Number.isNaN(row.logProb[0])
      const distance = isLastRow ? 0 : furthest([...elementAt(actual, i)[column]], [...row[column]])
      expect(distance, `${column} of row ${row.logitsRow}`).toBeLessThanOrEqual(1e-5)
    }
  }
}

function furthest(actual: readonly number[], expected: readonly number[]): number {
  return Math.max(0, ...expected.map((value, i) => Math.abs(elementAt(actual, i) - value)))
}
