import type { BackendSelfTest } from '../../../shared/contracts/engine/backendSelfTest'
import { type EngineApi, NO_TARGET, type ScoredRows } from '../../../shared/contracts/engine/engineApi'
import { elementAt } from '../../../shared/elementAt'
import { START_TOKEN_ID } from '../../../shared/contracts/engine/prediction'

/**
 * Scores the same tokens with two engines of one model. Rejects with the error of either.
 * @returns infinite differences if a row or a top token is missing, NaN if a log-probability is NaN
 */
export async function compareBackends(
  wasm: EngineApi,
  accelerated: EngineApi,
  signal: AbortSignal,
): Promise<Omit<BackendSelfTest, 'device'>> {
  const { tokenIds } = await wasm.tokenize({ text: SELF_TEST_TEXT }, { signal })
  const first = Int32Array.of(START_TOKEN_ID, ...tokenIds)
  const second = tokenIds.slice()
  // The first run may compile shaders, so the second is timed. It starts with another token, so no part of it is cached.
  const warmUp = { wasm: await run(wasm, first, signal), other: await run(accelerated, first, signal) }
  const timed = { wasm: await run(wasm, second, signal), other: await run(accelerated, second, signal) }
  const deltas = [...deltasOf(warmUp.wasm, warmUp.other), ...deltasOf(timed.wasm, timed.other)]
  return {
    maxDelta: Math.max(...deltas),
    meanDelta: deltas.reduce((sum, delta) => sum + delta, 0) / deltas.length,
    milliseconds: { wasm: timed.wasm.milliseconds, accelerated: timed.other.milliseconds },
  }
}

interface Run {
  readonly chunks: readonly ScoredRows[]
  readonly milliseconds: number
}

async function run(engine: EngineApi, tokenIds: Int32Array, signal: AbortSignal): Promise<Run> {
  const chunks: ScoredRows[] = []
  const targets = Int32Array.of(...tokenIds.subarray(1), NO_TARGET)
  const started = performance.now()
  await engine.score(
    { tokenIds, firstRow: 0, targets, topK: TOP_K, temperature: 1, priority: 'bulk' },
    {
      signal,
      onProgress: (progress) => {
        if (progress.kind === 'rows') chunks.push(progress.rows)
      },
    },
  )
  return { chunks, milliseconds: performance.now() - started }
}

/** |Δ log-probability| of every target and top token, in nats. */
function deltasOf(a: Run, b: Run): number[] {
  const rowsOfA = a.chunks.flatMap(logProbsOf)
  const rowsOfB = b.chunks.flatMap(logProbsOf)
  if (rowsOfA.length !== rowsOfB.length) return [Number.POSITIVE_INFINITY]
  if ([...rowsOfA, ...rowsOfB].some(({ top }) => top.size !== TOP_K)) return [Number.POSITIVE_INFINITY]
  return rowsOfA.flatMap((row, i) => deltasOfRow(row, elementAt(rowsOfB, i)))
}

/** Log-probabilities of one row, in nats. */
interface RowLogProbs {
  readonly target: number
  /** By token id. */
  readonly top: ReadonlyMap<number, number>
}

function logProbsOf({ logSumExp, targetLogit, topIds, topLogits }: ScoredRows): RowLogProbs[] {
  return Array.from(logSumExp, (sum, row) => {
    const [from, to] = [row * TOP_K, (row + 1) * TOP_K]
    const logits = topLogits.subarray(from, to)
    return {
      target: elementAt(targetLogit, row) - sum,
      top: new Map(Array.from(topIds.subarray(from, to), (id, k) => [id, elementAt(logits, k) - sum])),
    }
  })
}

/**
 * If a token is only among the top tokens of `a`, its log-probability in `b` is unknown, but at most that of b's last top
 * token. Its difference is then at least the distance to that token.
 */
function deltasOfRow(a: RowLogProbs, b: RowLogProbs): number[] {
  const lastOfB = Math.min(...b.top.values())
  const deltas = Array.from(a.top, ([id, logProb]) => {
    const other = b.top.get(id)
    return other === undefined ? Math.max(0, logProb - lastOfB) : Math.abs(logProb - other)
  })
  return [Math.abs(a.target - b.target), ...deltas]
}

const TOP_K = 5

/** Has more tokens than one step of the engine, so that the self-test covers cached keys and values. */
const SELF_TEST_TEXT = `Check that both backends agree before either is believed.

def mean(values):
    """The arithmetic mean of a list; an empty one has none."""
    if not values:
        raise ValueError('mean() of an empty list')
    return sum(values) / len(values)

The quick brown fox jumps over the lazy dog, 1234567890 times; naïve façades — 東京, Ελλάδα, 👋.
`
