/** The arguments that scripts/bench.mjs starts a benchmark with. */
export function benchArguments(): {
  /** The path of the running bundle. */
  readonly bundle: string
  readonly repository: string
  /** Where the benchmark writes its `Comparison`s as JSON. */
  readonly resultsFile: string
} {
  const [, bundle, repository, resultsFile] = process.argv
  if (bundle === undefined || repository === undefined || resultsFile === undefined)
    throw new Error('usage: node BUNDLE REPOSITORY RESULTS_FILE')
  return { bundle, repository, resultsFile }
}

/** The measured cost of the same work done in two ways. */
export interface Comparison {
  readonly name: string
  /** Empty for counts. */
  readonly unit: 'ms' | 'ms/token' | 'MB' | ''
  /** One number for each repetition. */
  readonly ours: readonly number[]
  readonly against: readonly number[]
}

/** Two ways to do the same work. Each function does all of it once and resolves when it is done. */
export interface Contest {
  readonly name: string
  /** Number of tokens that each generates; the result is then the time per token. */
  readonly tokens?: number
  /** Runs before every turn of `ours`; its time is not counted. */
  readonly prepareOurs?: () => Promise<unknown>
  readonly ours: () => Promise<unknown>
  readonly against: () => Promise<unknown>
}

/** Alternates between the two, so that other load on the machine slows both. The first turn is a warm-up. */
export async function compare(
  { name, tokens, prepareOurs, ours, against }: Contest,
  repetitions: number,
): Promise<Comparison> {
  const times = { ours: [] as number[], against: [] as number[] }
  for (let turn = 0; turn <= repetitions; turn++) {
    await prepareOurs?.()
    const oursMs = await millisecondsOf(ours)
    const againstMs = await millisecondsOf(against)
    if (turn === 0) continue
    times.ours.push(oursMs / (tokens ?? 1))
    times.against.push(againstMs / (tokens ?? 1))
  }
  return { name, unit: tokens === undefined ? 'ms' : 'ms/token', ...times }
}

export async function millisecondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}
