import { diffArrays } from 'diff'
import type { BaselineOnlyTokens } from '../../shared/contracts/panel/comparison'

/** Tokens that two sequences share: `length` tokens from `from`, and from `baselineFrom` in the other sequence. */
export interface SharedRun {
  readonly from: number
  readonly baselineFrom: number
  readonly length: number
}

export interface Alignment {
  /** In order; every other token is in only one sequence. */
  readonly runs: readonly SharedRun[]
  /** False if the sequences differ too much for a diff: then only their common beginning and end are shared. */
  readonly isComplete: boolean
}

/** The time of a diff grows with the square of this number of added and removed tokens: at 1,000 it is a second. */
const MAX_EDITS = 1_000

/** Aligns two sequences of token ids by a diff. Yields to the thread between its steps. */
export async function alignTokens(tokenIds: Int32Array, baselineIds: Int32Array): Promise<Alignment> {
  const start = commonStart(tokenIds, baselineIds)
  const end = commonEnd(tokenIds.subarray(start), baselineIds.subarray(start))
  const middle = await diff(
    tokenIds.subarray(start, tokenIds.length - end),
    baselineIds.subarray(start, baselineIds.length - end),
  )
  const runs = [
    { from: 0, baselineFrom: 0, length: start },
    ...(middle ?? []).map(({ from, baselineFrom, length }) => ({
      from: from + start,
      baselineFrom: baselineFrom + start,
      length,
    })),
    { from: tokenIds.length - end, baselineFrom: baselineIds.length - end, length: end },
  ]
  return { runs: runs.filter(({ length }) => length > 0), isComplete: middle !== undefined }
}

/** The tokens of the baseline that are in no run, each group before what only the other sequence has there. */
export function baselineOnlyTokens(
  runs: readonly SharedRun[],
  baselineIds: Int32Array,
): readonly BaselineOnlyTokens[] {
  const found: BaselineOnlyTokens[] = []
  let position = 0
  let start = 0
  for (const { from, baselineFrom, length } of [...runs, { ...END, baselineFrom: baselineIds.length }]) {
    if (baselineFrom > start)
      found.push({ position, tokenIds: [...baselineIds.subarray(start, baselineFrom)] })
    position = from + length
    start = baselineFrom + length
  }
  return found
}

const END: SharedRun = { from: 0, baselineFrom: 0, length: 0 }

function commonStart(a: Int32Array, b: Int32Array): number {
  let length = 0
  while (length < a.length && length < b.length && a[length] === b[length]) length++
  return length
}

function commonEnd(a: Int32Array, b: Int32Array): number {
  let length = 0
  while (length < a.length && length < b.length && a.at(-1 - length) === b.at(-1 - length)) length++
  return length
}

/** Undefined if there are too many edits. */
async function diff(tokenIds: Int32Array, baselineIds: Int32Array): Promise<SharedRun[] | undefined> {
  if (tokenIds.length === 0 || baselineIds.length === 0) return []
  const changes = await new Promise<ReturnType<typeof diffArrays<number>> | undefined>((resolve) => {
    diffArrays([...baselineIds], [...tokenIds], { maxEditLength: MAX_EDITS, callback: resolve })
  })
  if (changes === undefined) return undefined
  const runs: SharedRun[] = []
  let from = 0
  let baselineFrom = 0
  for (const { added, removed, count } of changes) {
    if (!added && !removed) runs.push({ from, baselineFrom, length: count })
    if (!removed) from += count
    if (!added) baselineFrom += count
  }
  return runs
}
