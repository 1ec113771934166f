import type { BaselineSide } from '../../../prediction/compare/compareInspection'
import { describeFailure } from '../../../prediction/failureText'
import type {
  Baseline,
  ComparisonState,
  InspectionComparison,
} from '../../../shared/contracts/panel/comparison'
import type { InspectionUpdate } from '../../../shared/contracts/panel/inspectionUpdate'
import { BaselineTextError, keptBaseline, pendingComparison } from './baselines'
import type { InspectionRun } from './inspectionRun'
import { Job } from './job'
import { type ComparingState, type NextBaseline, SessionStateError, type ShownState } from './sessionState'
import type { SessionWork } from './sessionWork'

export interface SessionComparisonOptions {
  readonly work: SessionWork
  readonly shown: () => ShownState
  /** Changes the shown results. */
  readonly update: (updateOf: (inspectionId: string) => InspectionUpdate) => void
  /** Stops explaining the baseline's side, whose tokens or model are about to change. */
  readonly cancelExplanations: () => void
}

/** The part of a session that compares the shown run with a baseline, one comparison at a time. */
export class SessionComparison {
  private current: ComparingState = { kind: 'none' }
  private next: NextBaseline = { kind: 'kept' }

  constructor(private readonly options: SessionComparisonOptions) {}

  get state(): ComparingState {
    return this.current
  }

  /** Whether a comparison waits for the run, or is in progress. */
  get isActive(): boolean {
    const { kind } = this.current
    return kind === 'waiting' || kind === 'preparing' || kind === 'running'
  }

  /** Resolves when no comparison is in progress. */
  get ended(): Promise<void> {
    return 'job' in this.current ? this.current.job.ended : Promise.resolve()
  }

  /**
   * Compares the shown run with a baseline, in place of the one before, as soon as the run has ended. Resolves when the
   * comparison has ended, or waits for the run.
   * @throws SessionStateError if no run is shown
   */
  async start(baseline: Baseline): Promise<void> {
    const shown = this.options.shown()
    if (shown.kind === 'empty') throw new SessionStateError('No inspection is shown. Inspect a text first.')
    this.stop()
    this.next = { kind: 'kept' }
    if (baseline.kind !== 'model') this.unload()
    const comparison = pendingComparison(shown.run, baseline)
    this.current = { kind: 'waiting', baseline }
    this.options.update((inspectionId) => ({ type: 'setComparison', inspectionId, comparison }))
    if (shown.kind === 'ended') await this.compare()
  }

  /** Compares the run that `inspect` shows with this baseline. If it shows none, a later run is not compared with it. */
  async startNext(baseline: Baseline, inspect: () => Promise<void>): Promise<void> {
    this.expect(baseline)
    const { next } = this
    try {
      await inspect()
    } finally {
      if (this.next === next) this.expect(undefined)
    }
  }

  /** Compares the next run that is shown with this baseline; undefined: with that of the shown run. */
  expect(baseline: Baseline | undefined): void {
    this.next = baseline === undefined ? { kind: 'kept' } : { kind: 'given', baseline }
  }

  /**
   * Stops the comparison, which keeps its results so far.
   * @throws SessionStateError if none is in progress
   */
  cancel(): void {
    if (!this.isActive) throw new SessionStateError('No comparison is running.')
    this.finish({ kind: 'cancelled' })
  }

  /**
   * Removes the comparison and unloads its model.
   * @throws SessionStateError if the run is not compared
   */
  end(): void {
    if (this.current.kind === 'none') throw new SessionStateError('The inspection is not compared.')
    this.stop()
    this.unload()
    this.options.update((inspectionId) => ({ type: 'setComparison', inspectionId, comparison: null }))
  }

  /** Stops the comparison and unloads its model; the results stay. */
  suspend(): void {
    if (this.isActive) this.finish({ kind: 'cancelled' })
    if (this.current.kind !== 'none') this.unload()
  }

  /** The next run begins without a comparison. */
  forget(): void {
    this.next = { kind: 'none' }
  }

  /** A run that an earlier window has stored is shown. */
  restore({ inspection: { comparison } }: InspectionRun): void {
    if (comparison !== undefined) this.current = { kind: 'ended', baseline: comparison.baseline, side: null }
  }

  /** Begins the comparison of a run that takes the place of the shown one; it waits for the end of the run. */
  follow(run: InspectionRun, before: InspectionRun | undefined): InspectionComparison | undefined {
    this.stop()
    const kept = this.next.kind === 'kept' ? keptBaseline(run.inspection, before?.inspection) : undefined
    const baseline = this.next.kind === 'given' ? this.next.baseline : kept
    this.next = { kind: 'kept' }
    if (baseline?.kind !== 'model' && before?.inspection.comparison !== undefined) this.unload()
    if (baseline === undefined) return undefined
    this.current = { kind: 'waiting', baseline }
    return pendingComparison(run, baseline)
  }

  /** The shown run has ended: starts or cancels the comparison that waits for it. */
  runEnded(isComplete: boolean): void {
    if (this.current.kind !== 'waiting') return
    if (isComplete) void this.compare()
    else this.finish({ kind: 'cancelled' })
  }

  /** @throws BaselineTextError if its text is not known, because the window was reloaded */
  side(): BaselineSide {
    const { current } = this
    const shown = this.options.shown()
    if ('side' in current && current.side !== null) return current.side
    if (shown.kind !== 'empty' && current.kind !== 'none' && current.baseline.kind === 'model')
      return this.options.work.sideOfModel(current.baseline, shown.run.sequences)
    throw new BaselineTextError('The baseline’s text is no longer known. Compare again to explain it.')
  }

  /** Compares with the baseline that waits. Never rejects. */
  private async compare(): Promise<void> {
    const { work } = this.options
    const shown = this.options.shown()
    if (shown.kind === 'empty' || this.current.kind !== 'waiting') return
    const { baseline } = this.current
    const job = new Job()
    this.current = { kind: 'preparing', baseline, job }
    try {
      const side = await work.prepareBaseline(baseline, shown, job.signal)
      job.signal.throwIfAborted()
      this.current = { kind: 'running', baseline, job, side }
      await this.compareTokens(shown.run, side, job)
      if (!job.hasEnded) this.finish({ kind: 'done' })
    } catch (error) {
      if (job.hasEnded) return
      work.logError('The comparison failed', error)
      this.finish({ kind: 'failed', ...describeFailure(error) })
    }
  }

  private compareTokens(run: InspectionRun, baseline: BaselineSide, job: Job): Promise<void> {
    const inspectionId = run.inspection.id
    const update = (change: InspectionUpdate) => {
      if (!job.hasEnded) this.options.update(() => change)
    }
    const running = { type: 'setComparisonState', inspectionId, state: { kind: 'running' } } as const
    return this.options.work.compare(
      { shown: run, baseline },
      {
        signal: job.signal,
        onStart: (section, { model, baseline, shared, contextTokens, baselineOnly, isComplete }) => {
          if (section === 0) update({ ...running, models: { shown: model, baseline } })
          const alignment = { shared, contextTokens, baselineOnly, isComplete }
          update({ type: 'appendCompared', inspectionId, section, tokens: [], ...alignment })
        },
        onTokens: (section, tokens) => {
          update({ type: 'appendCompared', inspectionId, section, tokens })
        },
        onNext: (section, next) => {
          update({ type: 'appendCompared', inspectionId, section, tokens: [], next })
        },
        onModels: (models) => {
          update({ ...running, models })
        },
      },
    )
  }

  /** Ends the comparison, which keeps its results. */
  private finish(state: ComparisonState): void {
    const { current } = this
    if (current.kind === 'none') return
    if ('job' in current) current.job.end()
    const side = 'side' in current ? current.side : null
    this.current = { kind: 'ended', baseline: current.baseline, side }
    this.options.update((inspectionId) => ({ type: 'setComparisonState', inspectionId, state }))
  }

  /** Stops without an update, because another comparison follows or none is shown. */
  private stop(): void {
    if ('job' in this.current) this.current.job.end()
    this.current = { kind: 'none' }
    this.options.cancelExplanations()
  }

  private unload(): void {
    const { work, cancelExplanations } = this.options
    cancelExplanations()
    work.unloadBaseline().catch((error: unknown) => {
      work.logError('Unloading the baseline failed', error)
    })
  }
}
