// S tokens of a window, P cached tokens, C = nEmbd, L = nLayer

import type { Priority } from '../../shared/contracts/engine/engineApi'
import type { PrefixCache } from '../cache/prefixCache'
import { disposeRows } from '../cache/prefixCache'
import type { StreamCache } from '../cache/streamCache'
import type { CachedRows, Transformer } from '../inference/transformer'
import type { Tensor } from '../runtime/tensor'
import type { Scheduler } from './scheduler'
import type { StepPolicy } from './stepSize'

/** How the steps of a request are scheduled. */
export interface Scheduling {
  readonly priority: Priority
  readonly signal: AbortSignal
}

export interface RowRange extends Scheduling {
  readonly from: number
  readonly to: number
}

/** Called after a step: the position it reached, and how many positions it computed. */
export type OnStep = (step: { readonly reached: number; readonly computed: number }) => void

interface StepsOptions {
  readonly transformer: Transformer
  readonly scheduler: Scheduler
  readonly stepPolicy: StepPolicy
  readonly cache: PrefixCache
  /** Rows that no later row attends to; all rows after the first of them differ from those of an ordinary run. */
  readonly knockedOut?: readonly number[]
}

interface StreamOptions {
  readonly streams: StreamCache
  /** The most rows to return. */
  readonly limit: number
  readonly onStep: OnStep
}

/** Two, because the runtime multiplies a single row by other code, which sums in another order. */
const MIN_OBSERVED_ROWS = 2

/**
 * Runs the transformer step by step for the rows that are not cached. Every step looks up the longest cached prefix again,
 * so concurrent requests use each other's work and two steps share no other state.
 */
export class TransformerSteps {
  constructor(private readonly options: StepsOptions) {}

  /**
   * Residual rows [to − from, C] of the tokens [from, to); the caller disposes of them. The last step may continue
   * beyond `to`.
   */
  async residualRows(
    tokenIds: Int32Array,
    { from, to, ...scheduling }: RowRange,
    onStep: OnStep = () => undefined,
  ): Promise<Tensor> {
    const { cache } = this.options
    for (;;) {
      // A copy, because a generation may overwrite the cached rows before this one is read.
      const rows = cache.residualRows(tokenIds, from, to)
      if (rows !== undefined) return rows
      await this.step(scheduling, () => this.advance(tokenIds, onStep))
    }
  }

  /**
   * The residual stream before each block of the rows from `from` on, [n, L · C]: at least one row, at most `limit`, and
   * none from `to` on. The caller disposes of them. A step computes all rows up to `to`.
   */
  async streamRows(
    tokenIds: Int32Array,
    { from, to, ...scheduling }: RowRange,
    { streams, limit, onStep }: StreamOptions,
  ): Promise<Tensor> {
    for (;;) {
      const rows = streams.rows(tokenIds, from, Math.min(from + limit, to))
      if (rows !== undefined) return rows
      const end = streams.nextCached(tokenIds, from, to)
      await this.step(scheduling, () => this.observe(tokenIds, { from, to: end, streams, onStep }))
    }
  }

  /**
   * The result of `run` for the keys and values of all tokens but the last one. The steps before it are computed if they are
   * not cached.
   */
  async afterPrefix<T>(
    tokenIds: Int32Array,
    scheduling: Scheduling,
    run: (past: CachedRows) => Promise<T>,
  ): Promise<T> {
    const { cache } = this.options
    for (;;) {
      const outcome = await this.step(scheduling, async () => {
        const past = cache.longestPrefix(tokenIds)
        if (past.length === tokenIds.length - 1) return { result: await run(past) }
        await this.advance(tokenIds.subarray(0, -1))
        return undefined
      })
      if (outcome !== undefined) return outcome.result
    }
  }

  private step<T>({ priority, signal }: Scheduling, step: () => Promise<T>): Promise<T> {
    return this.options.scheduler.run(priority, signal, step)
  }

  /** Runs the tokens after the longest cached prefix. */
  private async advance(tokenIds: Int32Array, onStep: OnStep = () => undefined): Promise<void> {
    const { transformer, cache, stepPolicy, knockedOut = [] } = this.options
    const past = cache.longestPrefix(tokenIds)
    const reached = Math.min(past.length + stepPolicy.positions, tokenIds.length)
    const step = tokenIds.subarray(past.length, reached)
    const newRows = await this.measured(step.length, () => transformer.run(step, past, { knockedOut }))
    cache.append(tokenIds, past.length, newRows)
    disposeRows(newRows)
    onStep({ reached, computed: step.length })
  }

  /** Runs the rows from `from` on and caches their streams; or the rows before them, if these are not cached. */
  private async observe(
    tokenIds: Int32Array,
    { from, to, streams, onStep }: Pick<RowRange, 'from' | 'to'> & Omit<StreamOptions, 'limit'>,
  ): Promise<void> {
    const { transformer, cache, stepPolicy } = this.options
    const first = Math.max(0, Math.min(from, tokenIds.length - MIN_OBSERVED_ROWS))
    const past = cache.longestPrefix(tokenIds.subarray(0, first + 1))
    if (past.length < first) {
      await this.advance(tokenIds.subarray(0, first), onStep)
      return
    }
    const wanted = Math.min(Math.max(to, first + MIN_OBSERVED_ROWS), tokenIds.length)
    const limit = first + stepPolicy.positions
    // No single row is left for the next step.
    const reached =
      wanted - limit === 1 ? Math.max(limit - 1, first + MIN_OBSERVED_ROWS) : Math.min(wanted, limit)
    const step = tokenIds.subarray(first, reached)
    const rows = await this.measured(step.length, () => transformer.runObserved(step, past))
    streams.add(tokenIds, first, rows.streams)
    if (cache.cachedLength(tokenIds) === first) cache.append(tokenIds, first, rows)
    disposeRows(rows)
    rows.streams.dispose()
    onStep({ reached, computed: step.length })
  }

  private async measured<T>(positions: number, run: () => Promise<T>): Promise<T> {
    const started = performance.now()
    const result = await run()
    this.options.stepPolicy.measured(positions, performance.now() - started)
    return result
  }
}
