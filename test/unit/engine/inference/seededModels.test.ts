// The engine compared to an independent implementation, on seeded models: the smallest GPT-2 at its full size, and small
// models in every form that training code exports.

import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { cachedSeededGpt2, writeSeededGpt2 } from '../../../../bench/fullSize/seededGpt2'
import { elementAt } from '../../../../src/shared/elementAt'
import { temporaryFolder } from '../../../support/checkpoints/checkpointTiny'
import {
  connect,
  freshEngine,
  type Scored,
  score,
  scoreEverything,
} from '../../../support/engine/engineUnderTest'
import { CPU_BACKENDS, type CpuBackend, loadModel } from '../../../support/engine/loadModel'
import { SEEDED_REFERENCES, type SeededReference } from '../../../support/reference/seededReference'

const CACHE = fileURLToPath(new URL('../../../../.cache/seeded/', import.meta.url))
/** Of logits up to 7; the reference is in float64. */
const TOLERANCE = 5e-5
const TOP_K = 5

describe.each(CPU_BACKENDS)(
  'On %s a seeded model gives the numbers of an independent implementation',
  (backend) => {
    it.each(SEEDED_REFERENCES.map((reference) => [reference.name, reference] as const))(
      '%s',
      async (name, reference) => {
        const scored = await scoreOf(backend, await folderOf(name, reference), reference)
        expect(reference.positions.flatMap((position) => disagreements(scored, position))).toEqual([])
      },
    )
  },
)

/** The model of half a gigabyte is written only once. */
async function folderOf(name: string, { model }: SeededReference): Promise<string> {
  if (name === '124M') return cachedSeededGpt2(CACHE, 'gpt2-124m', model)
  const folder = await temporaryFolder({})
  await writeSeededGpt2(folder, model)
  return folder
}

async function scoreOf(backend: CpuBackend, folder: string, { ids }: SeededReference): Promise<Scored> {
  const model = await loadModel(
    { id: 'seeded', folder, description: 'A seeded model.', storage: 'user' },
    { backend },
  )
  return score(connect(freshEngine(model)), scoreEverything(Int32Array.from(ids), { topK: TOP_K }))
}

/** The differences of a row from the reference, one line each. */
function disagreements(
  scored: Scored,
  { row, ...reference }: SeededReference['positions'][number],
): string[] {
  const pairs: [what: string, ours: number, expected: number][] = [
    ['log-sum-exp', elementAt(scored.logSumExp, row), reference.logSumExp],
    ['entropy', elementAt(scored.entropy, row), reference.entropyNats],
  ]
  reference.topLogits.forEach((logit, k) => {
    pairs.push([`logit ${k}`, elementAt(scored.topLogits, row * TOP_K + k), logit])
  })
  const { targetLogit, targetRank, topLogits } = reference
  if (targetLogit !== undefined) pairs.push(['target logit', elementAt(scored.targetLogit, row), targetLogit])
  const apart = pairs.filter(([, ours, expected]) => !(Math.abs(ours - expected) <= TOLERANCE))
  const lines = apart.map(([what, ours, expected]) => `${what} of row ${row}: ${ours} for ${expected}`)

  // Tokens with nearly equal logits may be in either order.
  const isDistinct = (k: number) =>
    [k - 1, k + 1].every(
      (near) => Math.abs((topLogits[near] ?? Infinity) - elementAt(topLogits, k)) > TOLERANCE,
    )
  reference.topIds.forEach((id, k) => {
    const ours = scored.topIds[row * TOP_K + k]
    if (k < TOP_K - 1 && isDistinct(k) && ours !== id)
      lines.push(`token ${k} of row ${row}: ${ours} for ${id}`)
  })
  // A rank counts the larger logits; float32 cannot order those that are very close.
  if (targetRank !== undefined && Math.abs(elementAt(scored.targetRank, row) - targetRank) > 2)
    lines.push(`rank of row ${row}: ${scored.targetRank[row]} for ${targetRank}`)
  return lines
}
