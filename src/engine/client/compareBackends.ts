import type { BackendCheck } from '../../shared/contracts/backendCheck'
import { type EngineApi, NO_TARGET, type ScoredRows } from '../../shared/contracts/engineApi'
import { START_TOKEN_ID } from '../../shared/contracts/prediction'

/** Runs the same tokens through two engines of one model. Rejects with what either rejects with. */
export async function compareBackends(
  wasm: EngineApi,
  webgpu: EngineApi,
  signal: AbortSignal,
): Promise<Omit<BackendCheck, 'adapter'>> {
  const { tokenIds } = await wasm.tokenize({ text: CHECK_TEXT }, { signal })
  const first = Int32Array.of(START_TOKEN_ID, ...tokenIds)
  const second = tokenIds.slice()
  // The first run compiles; the second has another beginning, so that nothing of it is kept.
  const warm = [await run(wasm, first, signal), await run(webgpu, first, signal)]
  const timed = [await run(wasm, second, signal), await run(webgpu, second, signal)]
  return {
    maxDelta: Math.max(maxDelta(warm[0], warm[1]), maxDelta(timed[0], timed[1])),
    milliseconds: { wasm: timed[0].milliseconds, webgpu: timed[1].milliseconds },
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

/** NaN where a log-probability is, infinity where a row is missing. */
function maxDelta(a: Run, b: Run): number {
  const [ours, theirs] = [a, b].map(({ chunks }) => chunks.flatMap(scoresOf))
  if (ours.length !== theirs.length) return Number.POSITIVE_INFINITY
  return Math.max(...ours.map((score, row) => deltaOf(score, theirs[row])))
}

/** Log-probabilities of one row. */
interface TokenScore {
  readonly target: number
  readonly top: ReadonlyMap<number, number>
}

function scoresOf({ logSumExp, targetLogit, topIds, topLogits }: ScoredRows): TokenScore[] {
  return Array.from(logSumExp, (sum, row) => ({
    target: targetLogit[row] - sum,
    top: new Map(
      Array.from({ length: TOP_K }, (_, k) => [topIds[row * TOP_K + k], topLogits[row * TOP_K + k] - sum]),
    ),
  }))
}

/** A token that only one of them has among its likeliest is off by at least what it is above the other's last. */
function deltaOf(ours: TokenScore, theirs: TokenScore): number {
  const last = Math.min(...theirs.top.values())
  const deltas = Array.from(ours.top, ([id, logProb]) => {
    const other = theirs.top.get(id)
    return other === undefined ? Math.max(0, logProb - last) : Math.abs(logProb - other)
  })
  return Math.max(Math.abs(ours.target - theirs.target), ...deltas)
}

const TOP_K = 5

/** More tokens than one step of the engine has, so that keys and values which are kept are a part of the check. */
const CHECK_TEXT = `Check that both backends agree before either is believed.

def mean(values):
    """The arithmetic mean of a list; an empty one has none."""
    if not values:
        raise ValueError('mean() of an empty list')
    return sum(values) / len(values)

The quick brown fox jumps over the lazy dog, 1234567890 times; naïve façades — 東京, Ελλάδα, 👋.
`
