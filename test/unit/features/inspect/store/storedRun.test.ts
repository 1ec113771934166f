import { LensRows } from '../../../../../src/shared/contracts/panel/lensRows'
import { describe, expect, it } from 'vitest'
import type { InspectionRun } from '../../../../../src/features/inspect/session/inspectionRun'
import {
  decodeScores,
  encodeRanges,
  encodeScores,
  encodeTokenIds,
  headerOf,
  runOf,
  type StoredHeader,
} from '../../../../../src/features/inspect/store/storedRun'
import { finishedRun } from '../../../../support/panel/finishedRun'

describe('A stored run', () => {
  it.each(['document', 'selection'] as const)(
    'has the same results when it is restored (%s)',
    async (context) => {
      const run = await finishedRun({ context })

      expect(plain(restored(run))).toEqual(plain(run))
    },
  )

  it('keeps a token that nothing precedes', async () => {
    const run = await finishedRun({ startToken: false })

    expect(restored(run).inspection.sections[0]?.predictions.at(0)?.score).toBeNull()
  })

  it('stores the token ids of a document with many sections once', async () => {
    const { tokenIds } = (await finishedRun({ ranges: 1 })).sequences[0] ?? {}

    const encoded = encodeTokenIds(await finishedRun({ ranges: 20 }))

    expect(encoded.byteLength).toBe(tokenIds?.byteLength)
  })

  it('is interrupted if it was running', async () => {
    const run = await finishedRun({})
    const running = { ...run, inspection: { ...run.inspection, state: { kind: 'running' } as const } }

    expect(restored(running).inspection.state).toEqual({ kind: 'interrupted' })
  })

  it('is interrupted, with the scores that were saved, if the last file is incomplete', async () => {
    const run = await finishedRun({})
    const bytes = encodeScores(run, { from: 0, to: 5 })

    const scores = decodeScores(bytes.subarray(0, bytes.length - 1), run.inspection)

    const { inspection } = restored(run, scores)
    expect(inspection.state).toEqual({ kind: 'interrupted' })
    expect(inspection.sections[0]?.predictions).toEqual(run.inspection.sections[0]?.predictions.slice(0, 4))
  })

  it('has a header whose size does not depend on the number of scores', async () => {
    const run = await finishedRun({})
    const noScores = {
      ...run.inspection,
      sections: run.inspection.sections.map((section) => ({ ...section, predictions: [] })),
    }

    const sizes = [run, { ...run, inspection: noScores }].map(
      (saved) => JSON.stringify(headerOf(saved, { saves: 1, why: [], compared: null })).length,
    )

    expect(Math.abs((sizes[0] ?? 0) - (sizes[1] ?? 0))).toBeLessThan(5)
  })
})

/** A run as JSON, in which a list of alternatives is an array. */
function plain(run: InspectionRun): unknown {
  return JSON.parse(JSON.stringify(run))
}

/** Encodes and decodes the run. */
function restored(run: InspectionRun, scores = allScores(run)): InspectionRun {
  const header = JSON.parse(
    JSON.stringify(headerOf(run, { saves: 1, why: [], compared: null })),
  ) as StoredHeader
  return runOf(header, {
    tokenIds: encodeTokenIds(run),
    ranges: encodeRanges(run),
    scores,
    lens: LensRows.EMPTY,
    why: [],
    compared: null,
  })
}

/** The scores in several files, whose borders are not those of sections. */
function allScores(run: InspectionRun) {
  const { scored } = headerOf(run, { saves: 1, why: [], compared: null })
  const borders = [0, 3, 7, scored]
  return borders.slice(1).flatMap((to, i) => {
    const file = encodeScores(run, { from: borders[i] ?? 0, to })
    return decodeScores(file, run.inspection)
  })
}
