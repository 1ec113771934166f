// Logit lens, direct logit attribution and attention knockout compared to an independent implementation in float64.

import { describe, expect, it } from 'vitest'
import { writeSeededGpt2 } from '../../../../bench/fullSize/seededGpt2'
import type { EngineApi } from '../../../../src/shared/contracts/engine/engineApi'
import type { Attribution, LensRow } from '../../../../src/shared/contracts/engine/explanation'
import { elementAt } from '../../../../src/shared/elementAt'
import { temporaryFolder } from '../../../support/checkpoints/checkpointTiny'
import { connect, freshEngine, MINI, score, scoreEverything } from '../../../support/engine/engineUnderTest'
import { lens, lensOfEverything, sumErrors } from '../../../support/engine/explain'
import { CPU_BACKENDS, type CpuBackend, loadModel } from '../../../support/engine/loadModel'
import {
  INTERNALS_REFERENCES,
  type InternalsReference,
  type ReferenceAttribution,
  type ReferenceLensLayer,
} from '../../../support/reference/internalsReference'

/** Nats, and logits for attributions. */
const TOLERANCE = 5e-4
const SUM_TOLERANCE = 1e-3
/** Steps of this many positions, so that a text takes several. */
const STEP = 7

const CASES = CPU_BACKENDS.flatMap((backend) =>
  INTERNALS_REFERENCES.map((reference) => ({ backend, name: reference.name, reference })),
)

describe.each(CASES)('On $backend $name', ({ backend, reference }) => {
  it('has the lens of the reference at every layer', async () => {
    const engine = await engineOf(backend, reference)
    const { rows } = await lens(engine, lensOfEverything(Int32Array.from(reference.ids)))
    expect(rows.length).toBe(reference.lens.length)
    const found = rows.flatMap((row) =>
      elementAt(reference.lens, row.logitsRow).flatMap((layer, i) => lensDifferences(row, i, layer)),
    )
    expect(found).toEqual([])
  })

  it('has the attributions of the reference, by head and source', async () => {
    const engine = await engineOf(backend, reference)
    for (const expected of reference.attributions) {
      const { tokenId, contrast, ids } = expected
      const actual = await engine.attribution({ tokenIds: Int32Array.from(ids), tokenId, contrast })
      expect(attributionDifferences(actual, expected)).toEqual([])
      expect(Math.max(...sumErrors(actual))).toBeLessThanOrEqual(SUM_TOLERANCE)
    }
  })

  it('predicts as the reference does without attention to knocked-out tokens', async () => {
    const engine = await engineOf(backend, reference)
    const { positions, targetLogProbs, entropyNats } = reference.knockout
    const request = { ...scoreEverything(Int32Array.from(reference.ids)), knockedOut: positions }
    const { targetLogit, logSumExp, entropy } = await score(engine, request)
    const logProbs = targetLogProbs.map((_, row) => elementAt(targetLogit, row) - elementAt(logSumExp, row))
    expect(furthest(logProbs, targetLogProbs)).toBeLessThanOrEqual(TOLERANCE)
    expect(furthest(entropy, entropyNats)).toBeLessThanOrEqual(TOLERANCE)
  })
})

async function engineOf(backend: CpuBackend, { model }: InternalsReference): Promise<EngineApi> {
  const location = model === undefined ? MINI : { ...MINI, id: 'seeded', storage: 'user' as const }
  const folder = model === undefined ? MINI.folder : await temporaryFolder({})
  if (model !== undefined) await writeSeededGpt2(folder, model)
  return connect(freshEngine(await loadModel({ ...location, folder }, { backend }), STEP))
}

function lensDifferences(row: LensRow, layer: number, expected: ReferenceLensLayer): string[] {
  const at = `row ${row.logitsRow}, layer ${layer}`
  const K = expected.topIds.length
  const top = row.topLogProbs.subarray(layer * K, (layer + 1) * K)
  const pairs: [what: string, actual: number, expected: number][] = [
    ['entropy', elementAt(row.entropy, layer) * Math.LN2, expected.entropyNats],
    ['kl', elementAt(row.kl, layer), expected.kl],
    ['top', furthest(top, expected.topLogProbs), 0],
  ]
  const { targetLogProb, targetRank } = expected
  if (targetLogProb !== undefined) pairs.push(['log-prob', elementAt(row.logProb, layer), targetLogProb])
  const found = pairs.filter(([, actual, value]) => !(Math.abs(actual - value) <= TOLERANCE))
  const lines = found.map(([what, actual, value]) => `${what} of ${at}: ${actual} for ${value}`)
  // A rank counts the larger logits; float32 cannot order those that are very close.
  if (targetRank !== undefined && Math.abs(elementAt(row.rank, layer) - targetRank) > 2)
    lines.push(`rank of ${at}: ${row.rank[layer]} for ${targetRank}`)
  expected.topIds.forEach((id, k) => {
    const near = [k - 1, k + 1].map((other) => expected.topLogProbs[other] ?? -Infinity)
    const isApart = near.every((other) => Math.abs(other - elementAt(expected.topLogProbs, k)) > TOLERANCE)
    if (isApart && k < K - 1 && row.topIds[layer * K + k] !== id) lines.push(`token ${k} of ${at}`)
  })
  return lines
}

function attributionDifferences(actual: Attribution, expected: ReferenceAttribution): string[] {
  const { blocks } = expected
  const columns: [what: string, actual: ArrayLike<number>, expected: readonly number[]][] = [
    [
      'ends',
      [actual.total, actual.wte, actual.wpe, actual.lnF],
      [expected.total, expected.wte, expected.wpe, expected.lnF],
    ],
    ['attention', actual.attention, blocks.map(({ attention }) => attention)],
    ['attentionBias', actual.attentionBias, blocks.map(({ bias }) => bias)],
    ['mlp', actual.mlp, blocks.map(({ mlp }) => mlp)],
    ['sources', actual.sources, blocks.flatMap(({ sources }) => sources.flat())],
  ]
  return columns
    .filter(([, values, reference]) => !(furthest(values, reference) <= TOLERANCE))
    .map(([what, values, reference]) => `${what}: ${furthest(values, reference)}`)
}

/** The largest difference; infinite if the lengths differ. */
function furthest(actual: ArrayLike<number>, expected: readonly number[]): number {
  if (actual.length !== expected.length) return Infinity
  return Math.max(0, ...expected.map((value, i) => Math.abs(elementAt(actual, i) - value)))
}
