// Two models on the same rows, compared with an independent implementation: test/fixtures/reference/compare.json.

import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type SeededGpt2, writeSeededGpt2 } from '../../../../bench/fullSize/seededGpt2'
import type {
  ComparedRows,
  CompareRequest,
  EngineApi,
} from '../../../../src/shared/contracts/engine/engineApi'
import { elementAt } from '../../../../src/shared/elementAt'
import { CancelledError } from '../../../../src/shared/errors'
import { logProbOf } from '../../../../src/prediction/windows/alternativeList'
import { temporaryFolder } from '../../../support/checkpoints/checkpointTiny'
import { connect, freshEngine, loadMini, MINI } from '../../../support/engine/engineUnderTest'
import { loadModel } from '../../../support/engine/loadModel'
import { COMPARE_REFERENCES, type CompareReference } from '../../../support/reference/compareReference'

/** Nats. */
const TOLERANCE = 2e-4

describe('The comparison of two models', () => {
  it.each(COMPARE_REFERENCES.map((reference) => [reference.name, reference] as const))(
    'gives the numbers of an independent implementation: %s',
    async (_, reference) => {
      const { engine, baseline } = await modelsOf(reference)

      const rows = await compared(engine, requestOf(reference, baseline))

      expect(disagreements(rows, reference)).toEqual([])
    },
  )

  it('gives the same rows in steps of any size', async () => {
    const reference = elementAt(COMPARE_REFERENCES, 1)
    const { baseline } = await modelsOf(reference)
    const request = requestOf(reference, baseline)
    const whole = await compared(connect(freshEngine(await loadMini())), request)

    const inSteps = await compared(connect(freshEngine(await loadMini(), 7)), request)

    expect(inSteps.kl).toHaveLength(whole.kl.length)
    for (const [row, kl] of inSteps.kl.entries())
      expect(Math.abs(kl - elementAt(whole.kl, row))).toBeLessThan(1e-4)
  })

  it('compares rows of two texts in one model', async () => {
    const engine = connect(freshEngine(await loadMini()))
    const [tokens, shifted] = [Int32Array.of(464, 3797, 3332), Int32Array.of(50256, 464, 3797, 3332)]

    const rows = await compared(engine, {
      tokenIds: tokens,
      firstRow: 0,
      targets: Int32Array.of(3797, 3332, -1),
      topK: 1,
      priority: 'bulk',
      baseline: { tokenIds: shifted, firstRow: 1 },
    })

    expect(rows.kl).toHaveLength(3)
    for (const kl of rows.kl) expect(kl).toBeGreaterThan(0)
    for (const js of rows.jensenShannon) expect(js).toBeLessThanOrEqual(Math.LN2)
  })

  it('gives no negative divergence for equal rows', async () => {
    const engine = connect(freshEngine(await loadMini()))
    const tokenIds = Int32Array.from({ length: 32 }, (_, i) => 40_000 - 17 * i)

    const { kl, jensenShannon } = await compared(engine, {
      tokenIds,
      firstRow: 0,
      targets: tokenIds,
      topK: 1,
      priority: 'bulk',
      baseline: { tokenIds, firstRow: 0 },
    })

    expect([...kl, ...jensenShannon].filter((nats) => nats < 0)).toEqual([])
    expect(Math.max(...kl, ...jensenShannon)).toBeLessThan(1e-6)
  })

  it('delivers no rows after a cancel', async () => {
    const engine = connect(freshEngine(await loadMini(), 2))
    const tokenIds = Int32Array.from({ length: 64 }, (_, i) => 40_000 - 17 * i)
    const cancel = new AbortController()
    let deliveries = 0

    const call = engine.compare(
      {
        tokenIds,
        firstRow: 0,
        targets: tokenIds,
        topK: 1,
        priority: 'bulk',
        baseline: { tokenIds, firstRow: 0 },
      },
      {
        signal: cancel.signal,
        onProgress: () => {
          deliveries++
          cancel.abort()
        },
      },
    )

    await expect(call).rejects.toThrow(CancelledError)
    expect(deliveries).toBe(1)
  })

  it('delivers few rows at once if each lists many tokens', async () => {
    const engine = connect(freshEngine(await loadMini()))
    const tokenIds = Int32Array.from({ length: 60 }, (_, i) => 40_000 - 17 * i)
    const deliveries: number[] = []

    await engine.compare(
      {
        tokenIds,
        firstRow: 0,
        targets: tokenIds,
        topK: 100,
        priority: 'bulk',
        baseline: { tokenIds, firstRow: 0 },
      },
      {
        onProgress: (progress) => {
          if (progress.kind === 'rows') deliveries.push(progress.rows.kl.length)
        },
      },
    )

    expect(deliveries).toEqual([26, 26, 8])
  })

  it('names the model that cannot be read', async () => {
    const engine = connect(freshEngine(await loadMini()))
    const location = { ...MINI, folder: '/nowhere', ifMissing: 'gpt2 is not installed.' }

    await expect(engine.loadBaseline({ location, precision: 'fp32' })).rejects.toThrow(
      'gpt2 is not installed.',
    )
  })

  it('refuses sides with different numbers of rows', async () => {
    const engine = connect(freshEngine(await loadMini()))
    const tokenIds = Int32Array.of(464, 3797)

    const refused = compared(engine, {
      tokenIds,
      firstRow: 0,
      targets: Int32Array.of(3797, -1),
      topK: 1,
      priority: 'bulk',
      baseline: { tokenIds: Int32Array.of(464), firstRow: 0 },
    })

    await expect(refused).rejects.toThrow('2 targets from row 0 on do not match 1 rows.')
  })
})

type Baseline = CompareRequest['baseline']['model']

async function modelsOf({
  mini,
  seeded,
}: CompareReference): Promise<{ engine: EngineApi; baseline: Baseline }> {
  const [shown, other] = await Promise.all(
    mini === undefined
      ? [seededFolder(seeded?.shown), seededFolder(seeded?.baseline)]
      : [changedMini(mini.shown), changedMini(mini.baseline)],
  )
  const locationOf = (folder = '') => ({ id: folder, folder, description: '', storage: 'user' }) as const
  const model = await loadModel(locationOf(shown))
  return {
    engine: connect(freshEngine(model)),
    baseline: { location: locationOf(other), precision: 'fp32' },
  }
}

async function seededFolder(model: SeededGpt2 | undefined): Promise<string> {
  if (model === undefined) throw new Error('the case has no model')
  const folder = await temporaryFolder({})
  await writeSeededGpt2(folder, model)
  return folder
}

/** The embedded model with changes of its configuration. */
async function changedMini(change: Record<string, unknown>): Promise<string> {
  const folder = await temporaryFolder({})
  await cp(join(MINI.folder, 'model.safetensors'), join(folder, 'model.safetensors'))
  const config = JSON.parse(await readFile(join(MINI.folder, 'config.json'), 'utf8')) as object
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, ...change }))
  return folder
}

function requestOf({ ids }: CompareReference, model: Baseline): CompareRequest {
  const tokenIds = Int32Array.from(ids.slice(0, -1))
  return {
    tokenIds,
    firstRow: 0,
    targets: Int32Array.from(ids.slice(1)),
    topK: 1,
    priority: 'bulk',
    baseline: { tokenIds, firstRow: 0, model },
  }
}

/** All rows of a request as one. */
async function compared(engine: EngineApi, request: CompareRequest) {
  const found: ComparedRows[] = []
  await engine.compare(request, {
    onProgress: (progress) => {
      if (progress.kind === 'rows') found.push(progress.rows)
    },
  })
  const logProbs = (side: 'shown' | 'baseline') =>
    found.flatMap((rows) =>
      Array.from(rows[side].targetLogit, (logit, i) =>
        logProbOf(logit, { temperature: 1, logSumExp: elementAt(rows[side].logSumExp, i) }),
      ),
    )
  return {
    logProb: logProbs('shown'),
    baselineLogProb: logProbs('baseline'),
    kl: found.flatMap(({ kl }) => [...kl]),
    jensenShannon: found.flatMap(({ jensenShannon }) => [...jensenShannon]),
    top: found.flatMap(({ shown, baseline }) =>
      Array.from(shown.topIds, (id, i) => id === baseline.topIds[i]),
    ),
  }
}

/** The differences from the reference, one line each. */
function disagreements(rows: Awaited<ReturnType<typeof compared>>, { rows: expected }: CompareReference) {
  const lines: string[] = []
  for (const [i, row] of expected.entries()) {
    const pairs = [
      ['logProb', rows.logProb[i], row.logProb],
      ['baselineLogProb', rows.baselineLogProb[i], row.baselineLogProb],
      ['kl', rows.kl[i], row.kl],
      ['js', rows.jensenShannon[i], row.js],
    ] as const
    for (const [what, ours = NaN, reference] of pairs)
      if (!(Math.abs(ours - reference) <= TOLERANCE))
        lines.push(`${what} of row ${i}: ${ours} for ${reference}`)
    if (rows.top[i] !== row.sameTop) lines.push(`same top of row ${i}: ${String(rows.top[i])}`)
  }
  return lines
}
