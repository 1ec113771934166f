import { beforeAll, describe, expect, it } from 'vitest'
import type { LoadedModel } from '../../../../src/engine/inference/model'
import { CancelledError, InvalidRequestError } from '../../../../src/shared/errors'
import {
  connect,
  freshEngine,
  LOADING_LIMIT_MS,
  loadMini,
  score,
  scoreEverything,
  withWatchedTransformer,
} from '../../../support/engine/engineUnderTest'
import { referenceText } from '../../../support/reference/referenceTexts'

const STEP = 8
const KNOCKED_OUT = 11
const tokenIds = referenceText('long').tokenIds.subarray(0, 3 * STEP)
const ORDINARY = scoreEverything(tokenIds)
const REQUEST = { ...ORDINARY, knockedOut: [KNOCKED_OUT] }

let mini: LoadedModel
beforeAll(async () => {
  mini = await loadMini()
}, LOADING_LIMIT_MS)

describe('A score with knocked-out rows', () => {
  it('changes the rows after the first of them only', async () => {
    const engine = connect(freshEngine(mini, STEP))
    const ordinary = await score(engine, ORDINARY)
    const { entropy } = await score(engine, REQUEST)
    const changed = entropy.map((value, row) => value !== ordinary.entropy[row])
    expect(changed.indexOf(true)).toBe(KNOCKED_OUT + 1)
    expect(changed.slice(KNOCKED_OUT + 1)).not.toContain(false)
  })

  it('uses the cached rows up to the first of them', async () => {
    const engine = connect(freshEngine(mini, STEP))
    await score(engine, ORDINARY)
    const { computedPositions } = await score(engine, REQUEST)
    expect(computedPositions).toBe(tokenIds.length - KNOCKED_OUT - 1)
  })

  it('leaves no row in the cache', async () => {
    const { model, runs } = withWatchedTransformer(mini)
    const engine = connect(freshEngine(model, STEP))
    await score(engine, REQUEST)
    runs.length = 0
    const after = await score(engine, ORDINARY)
    expect(runs.length).toBe(3)
    expect(after).toEqual(await score(connect(freshEngine(mini, STEP)), ORDINARY))
  })

  it('gives the same numbers on a cold and on a warm cache, in steps of any size', async () => {
    const engine = connect(freshEngine(mini, STEP))
    await score(engine, ORDINARY)
    const warm = await score(engine, REQUEST)
    const cold = await score(connect(freshEngine(mini, 5)), REQUEST)
    for (const [row, value] of cold.logSumExp.entries()) expect(warm.logSumExp[row]).toBeCloseTo(value, 4)
    expect(warm.topIds).toEqual(cold.topIds)
  })

  it('is an ordinary score if no row is knocked out', async () => {
    const engine = connect(freshEngine(mini, STEP))
    expect(await score(engine, { ...ORDINARY, knockedOut: [] })).toEqual(
      await score(connect(freshEngine(mini, STEP)), ORDINARY),
    )
  })

  it('is cancelled between two steps', async () => {
    const { model, runs } = withWatchedTransformer(mini)
    const cancel = new AbortController()
    const running = freshEngine(model, STEP).score(REQUEST, {
      signal: cancel.signal,
      onProgress: () => {
        cancel.abort()
      },
      transfer: () => undefined,
    })
    await expect(running).rejects.toThrow(CancelledError)
    expect(runs.length).toBe(1)
  })

  it.each([-1, tokenIds.length, 0.5])('rejects row %d', async (row) => {
    const request = { ...ORDINARY, knockedOut: [row] }
    await expect(score(connect(freshEngine(mini)), request)).rejects.toThrow(InvalidRequestError)
  })
})
