/** One thing done in two ways, whose costs are compared. */
export interface Comparison {
  readonly name: string
  /** Empty for counts. */
  readonly unit: 'ms' | 'MB' | ''
  /** One number of each repetition. */
  readonly ours: readonly number[]
  readonly against: readonly number[]
}

/** What is measured: each way does the whole thing once and resolves when it is done. */
export interface Contest {
  readonly name: string
  readonly ours: () => Promise<unknown>
  readonly against: () => Promise<unknown>
}

/** Takes turns, so that whatever slows the machine down slows both; the first turn only warms up. */
export async function compare({ name, ours, against }: Contest, repetitions: number): Promise<Comparison> {
  const times = { ours: [] as number[], against: [] as number[] }
  for (let turn = 0; turn <= repetitions; turn++) {
    const oursMs = await millisecondsOf(ours)
    const againstMs = await millisecondsOf(against)
    if (turn === 0) continue
    times.ours.push(oursMs)
    times.against.push(againstMs)
  }
  return { name, unit: 'ms', ...times }
}

export async function millisecondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}
