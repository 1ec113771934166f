// Simulates mistakes until one explains the file. S tokens of the input, R compared rows, V = tokens of the vocabulary

import type { DefectCandidate } from '../shared/contracts/check/checkResult'
import type { Fit, SimulatedModel, SimulationApi } from '../shared/contracts/engine/simulation'
import { elementAt } from '../shared/elementAt'
import { combined, type Mistake, NO_MISTAKE, singleMistakes } from './mistakes'
import { bestOfEach, type Decision, decide, isHalf, isNearly, isNoise } from './ranking'

/** The rows of the file that simulated rows are compared with. */
export interface SearchTarget {
  /** [S] All tokens of the input. */
  readonly tokenIds: Int32Array
  /** [R] Rows of the input, ascending. */
  readonly rows: Int32Array
  /** [R · V] The file's log-probabilities in nats; NaN where it has none. */
  readonly logProbs: Float32Array
  /** [R] Nats: the root of the mean square of what rounding and arithmetic explain. */
  readonly noise: readonly number[]
}

export interface SearchOptions {
  readonly signal?: AbortSignal | undefined
  /** Called after every simulation. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

export interface SearchResult {
  readonly decision: Decision
  /** The sets of mistakes that were compared on all rows, best first; one entry for each set. */
  readonly candidates: readonly DefectCandidate[]
  readonly withoutMistake: number
  readonly noise: number
  /** The mistake that was simulated for the decision's best candidate, without a bias of the head. */
  readonly best: Mistake | undefined
}

/** A common vector of all rows needs several rows to be told from anything else. */
const MIN_ROWS_OF_BIAS = 3
/** The number of best single mistakes that are combined with each other one, if a row of them needs no later rows. */
const MAX_BASES = 2

/** A search for the mistakes of one file. */
export class MistakeSearch {
  private readonly fits = new Map<Mistake, Fit>()
  private done = 0
  private total = 0
  private readonly singles: readonly Mistake[]
  private readonly noise: number

  constructor(
    private readonly engine: SimulationApi,
    model: SimulatedModel,
    private readonly target: SearchTarget,
    private readonly options: SearchOptions,
  ) {
    this.singles = singleMistakes(model)
    this.noise = rootMeanSquare(target.noise)
  }

  /**
   * The first row comes first, because it is computed in a tenth of the time, and most mistakes do not give the file's
   * first row. Then follow, until something explains the file: those that do, on all rows; the mistakes that need the
   * whole input; every other mistake on all rows; and pairs.
   * @throws CancelledError
   */
  async run(): Promise<SearchResult> {
    const causal = this.singles.filter(({ isCausal }) => isCausal)
    await this.fitAll([NO_MISTAKE])
    if (isNoise(this.ranking().withoutMistake, this.noise)) return this.result()
    await this.fitAll(await this.fittingFirstRow(causal))
    if (!this.isNamed()) await this.fitUntilExplained(this.singles.filter(({ isCausal }) => !isCausal))
    if (!this.isNamed()) await this.fitAll(causal)
    const bases = this.bases()
    for (const base of bases) if (!this.isExplained()) await this.fitPairs(base, causal)
    const [best] = bases
    // A mistake that needs later rows changes the first one, so it does not follow one that gives the first row.
    if (best !== undefined && !this.isNamed())
      await this.fitPairs(
        best,
        this.singles.filter(({ isCausal }) => !isCausal),
      )
    return this.result()
  }

  private result(): SearchResult {
    const { candidates, withoutMistake } = this.ranking()
    const decision = decide(this.ranking())
    const best =
      decision.kind === 'named'
        ? this.byResidual().find(({ defects }) => hasSame(defects, decision.best.defects))
        : undefined
    return { decision, candidates, withoutMistake, noise: this.noise, best }
  }

  /**
   * How far a mistake is from further rows.
   * @throws CancelledError
   */
  async fitOn(mistake: Mistake, target: SearchTarget): Promise<Fit> {
    return elementAt(await this.simulate([mistake], target), 0)
  }

  private ranking() {
    return {
      noise: this.noise,
      withoutMistake: this.fits.get(NO_MISTAKE)?.rms ?? Infinity,
      candidates: bestOfEach([...this.fits].flatMap(([mistake, fit]) => this.candidatesOf(mistake, fit))),
    }
  }

  /**
   * A mistake, and the same with a bias of the head if more than noise is left and the bias halves it: it has a free number
   * for each token, so it takes a part of any difference.
   */
  private candidatesOf({ defects }: Mistake, { rms, rmsWithoutCommon }: Fit): DefectCandidate[] {
    const isBiased =
      this.target.rows.length >= MIN_ROWS_OF_BIAS &&
      !isNoise(rms, this.noise) &&
      isHalf(rmsWithoutCommon, rms)
    return [
      ...(defects.length > 0 ? [{ defects, residualNats: rms }] : []),
      ...(isBiased ? [{ defects: [...defects, 'head-bias' as const], residualNats: rmsWithoutCommon }] : []),
    ]
  }

  /** Whether something explains nearly all of the difference. */
  private isNamed(): boolean {
    return decide(this.ranking()).kind !== 'unexplained'
  }

  /** Whether no further simulation can change the decision. */
  private isExplained(): boolean {
    const decision = decide(this.ranking())
    return decision.kind === 'ambiguous' || (decision.kind === 'named' && decision.isWhole)
  }

  /** The mistakes that explain the first compared row. */
  private async fittingFirstRow(mistakes: readonly Mistake[]): Promise<Mistake[]> {
    const { rows, logProbs, noise } = this.target
    if (rows.length === 1) return [...mistakes]
    const V = logProbs.length / rows.length
    const first = {
      tokenIds: this.target.tokenIds,
      rows: rows.subarray(0, 1),
      logProbs: logProbs.subarray(0, V),
    }
    const [withoutMistake = Infinity, ...fits] = (await this.simulate([NO_MISTAKE, ...mistakes], first)).map(
      ({ rms }) => rms,
    )
    const limits = { noise: elementAt(noise, 0), withoutMistake }
    return mistakes.filter((_, i) => isNearly(elementAt(fits, i), limits))
  }

  /** A mistake with each other one. */
  private async fitPairs(base: Mistake, others: readonly Mistake[]): Promise<void> {
    const pairs = others.flatMap((other) => combined(base, other) ?? []).filter((pair) => !this.has(pair))
    const fitting = pairs.every(({ isCausal }) => isCausal) ? await this.fittingFirstRow(pairs) : pairs
    await this.fitUntilExplained(fitting)
  }

  /** The single mistakes that others are added to: the best one, or the best few if none is named. */
  private bases(): Mistake[] {
    const singles = this.byResidual().filter(({ defects }) => defects.length === 1)
    const [best] = singles
    return best === undefined || this.isNamed() || !best.isCausal
      ? singles.slice(0, 1)
      : singles.slice(0, MAX_BASES)
  }

  private byResidual(): Mistake[] {
    return [...this.fits]
      .filter(([, { rms }]) => Number.isFinite(rms))
      .sort(([, a], [, b]) => a.rms - b.rms)
      .map(([mistake]) => mistake)
  }

  private has({ variant }: Mistake): boolean {
    const key = keyOf(variant)
    return [...this.fits.keys()].some((known) => keyOf(known.variant) === key)
  }

  /** One after the other, each on the whole input, until one leaves only noise: no other one can then be as good. */
  private async fitUntilExplained(mistakes: readonly Mistake[]): Promise<void> {
    for (const mistake of mistakes) {
      await this.fitAll([mistake])
      const { rms = Infinity } = this.fits.get(mistake) ?? {}
      if (isNoise(rms, this.noise) && this.isExplained()) return
    }
  }

  /** Compares the mistakes on all rows of the target. */
  private async fitAll(mistakes: readonly Mistake[]): Promise<void> {
    const missing = mistakes.filter((mistake) => !this.fits.has(mistake))
    const fits = await this.simulate(missing, this.target)
    missing.forEach((mistake, i) => this.fits.set(mistake, elementAt(fits, i)))
  }

  /** The fits of the mistakes on some rows, in their order. */
  private async simulate(
    mistakes: readonly Mistake[],
    { tokenIds, rows, logProbs }: Omit<SearchTarget, 'noise'>,
  ): Promise<Fit[]> {
    this.total += mistakes.length
    const end = (rows.at(-1) ?? 0) + 1
    const fitsOf = async (isCausal: boolean) => {
      const simulated = mistakes.filter((mistake) => mistake.isCausal === isCausal)
      if (simulated.length === 0) return new Map<Mistake, Fit>()
      const fits = await this.engine.simulate(
        {
          tokenIds: isCausal ? tokenIds.slice(0, end) : tokenIds,
          rows,
          logProbs,
          variants: simulated.map(({ variant }) => variant),
        },
        {
          ...(this.options.signal !== undefined && { signal: this.options.signal }),
          onProgress: () => this.options.onProgress?.(++this.done, this.total),
        },
      )
      return new Map(simulated.map((mistake, i) => [mistake, elementAt(fits, i)]))
    }
    const all = new Map([...(await fitsOf(true)), ...(await fitsOf(false))])
    return mistakes.flatMap((mistake) => all.get(mistake) ?? [])
  }
}

function rootMeanSquare(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / Math.max(values.length, 1))
}

function hasSame(a: readonly string[], b: readonly string[]): boolean {
  return (
    [...a].sort().join() ===
    [...b]
      .filter((defect) => defect !== 'head-bias')
      .sort()
      .join()
  )
}

function keyOf(variant: object): string {
  return JSON.stringify(Object.entries(variant).sort(([a], [b]) => (a < b ? -1 : 1)))
}
