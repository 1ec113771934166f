import { describeFailure } from '../../../prediction/failureText'
import type { InspectionListener } from '../../../prediction/windows/inspectDocument'
import type { InspectionState } from '../../../shared/contracts/panel/inspection'
import { type InspectionUpdate, updateInspection } from '../../../shared/contracts/panel/inspectionUpdate'
import { Emitter } from '../../../shared/emitter'
import { CancelledError } from '../../../shared/errors'
import { RunExplanations } from './runExplanations'
import type { InspectionRun } from './inspectionRun'
import { Job } from './job'
import { LOADING, Preparation } from './preparation'
import { SessionComparison } from './sessionComparison'
import {
  type LongRunPart,
  type Refusal,
  type RequestState,
  type RunRequest,
  SessionStateError,
  type SessionUpdate,
  type ShownState,
  type Subject,
} from './sessionState'
import type { SessionWork } from './sessionWork'

/**
 * Owns one inspection: what is requested, what is shown, what that is compared with, and what is explained of it. Views
 * and the store subscribe to `onDidUpdate`; commands call its methods, each of which is a transition of its states.
 */
export class InspectionSession {
  private readonly updates = new Emitter<SessionUpdate>()
  readonly onDidUpdate = this.updates.event
  readonly comparison: SessionComparison
  readonly explanations: RunExplanations
  private requestState: RequestState = { kind: 'none' }
  private shownState: ShownState = { kind: 'empty' }

  constructor(private readonly work: SessionWork) {
    this.comparison = new SessionComparison({
      work,
      shown: () => this.shownState,
      update: (updateOf) => {
        this.update(updateOf)
      },
      cancelExplanations: () => {
        this.explanations.cancel('baseline')
      },
    })
    this.explanations = new RunExplanations({
      work,
      run: () => this.run,
      baselineSide: () => this.comparison.side(),
      keep: (change) => {
        this.keep(change)
      },
    })
  }

  get requested(): RequestState {
    return this.requestState
  }

  get shown(): ShownState {
    return this.shownState
  }

  /** Whether nothing was requested yet. */
  get isUntouched(): boolean {
    return this.shownState.kind === 'empty' && this.requestState.kind === 'none'
  }

  /** The shown results, complete or not. */
  get run(): InspectionRun | undefined {
    return this.shownState.kind === 'empty' ? undefined : this.shownState.run
  }

  /** The shown results with the time that they took until now. */
  get snapshot(): InspectionRun | undefined {
    return this.run && { ...this.run, seconds: this.seconds }
  }

  /** The request that Run Again repeats. */
  get latest(): RunRequest | undefined {
    if ('request' in this.requestState) return this.requestState.request
    return this.shownState.kind === 'empty' ? undefined : this.shownState.request
  }

  /** The things that are inspected, which follow edits and moves of their documents. */
  get subjects(): readonly Subject[] {
    return [this.requestState, this.shownState].flatMap((state) =>
      'request' in state ? [state.request.subject] : [],
    )
  }

  /** Whether a request or a run is in progress. */
  get isActive(): boolean {
    return 'job' in this.requestState || this.shownState.kind === 'running'
  }

  /** Whether tokens of the shown run are left to be scored because it was cancelled or interrupted. */
  get canContinue(): boolean {
    if (this.shownState.kind !== 'ended' || this.isActive) return false
    const { kind } = this.shownState.run.inspection.state
    return kind === 'cancelled' || kind === 'interrupted'
  }

  /**
   * Inspects, in place of the request before. `prepare` finds the tokens; from then on the run is shown. Resolves when the
   * run has ended, or the request was given up or has failed.
   */
  async inspect(
    request: RunRequest,
    prepare: (preparation: Preparation) => Promise<InspectionRun>,
  ): Promise<void> {
    this.drop(request.subject)
    const job = new Job()
    this.setRequest({ kind: 'preparing', request, job, note: LOADING })
    try {
      const prepared = await prepare(this.preparationOf(job))
      job.signal.throwIfAborted()
      const run = this.show(job, prepared)
      await this.work.score(run, this.listenerOf(job, run.inspection.id), job)
      if (!job.hasEnded) this.endRun({ kind: 'done', seconds: this.seconds })
    } catch (error) {
      this.stopped(job, error)
    }
  }

  /**
   * Scores the tokens that the shown run lacks. `prepare` loads its model.
   * @throws SessionStateError if none are left, or another run is in progress
   */
  async continue(prepare: (preparation: Preparation) => Promise<void>): Promise<void> {
    const { shownState } = this
    if (shownState.kind !== 'ended' || !this.canContinue)
      throw new SessionStateError('The shown inspection cannot be continued. Run it again.')
    await this.inspect(shownState.request, async (preparation) => {
      await prepare(preparation)
      // A comparison may have added tokens while the model was loaded.
      return this.run ?? shownState.run
    })
  }

  /**
   * Answers the question about a long run.
   * @throws SessionStateError if no question is open
   */
  answer(part: LongRunPart): void {
    if (this.requestState.kind !== 'asking')
      throw new SessionStateError('No inspection waits for an answer. Inspect the document again.')
    const { request, job, note, answer } = this.requestState
    this.setRequest({ kind: 'preparing', request, job, note })
    answer(part)
  }

  /** The request has nothing to inspect. */
  refuse(refusal: Refusal): void {
    this.drop()
    this.setRequest({ kind: 'refused', refusal })
  }

  /** Drops the request, in any state; the shown run stays. */
  giveUp(): void {
    if (this.requestState.kind === 'none') return
    this.drop()
    this.setRequest({ kind: 'none' })
  }

  /**
   * Stops the request, or else the shown run, which keeps its results so far.
   * @throws SessionStateError if neither is in progress
   */
  cancel(): void {
    if ('job' in this.requestState) this.giveUp()
    else if (this.shownState.kind === 'running') this.endRun({ kind: 'cancelled' })
    else throw new SessionStateError('No inspection is running.')
  }

  /** Stops all work and unloads the baseline's model, because the model changes. The results stay. */
  suspend(): void {
    if ('job' in this.requestState) this.giveUp()
    this.endRun({ kind: 'cancelled' })
    this.comparison.suspend()
  }

  /** No view shows the session any more: all work stops, and the next run begins without a comparison. */
  close(): void {
    this.explanations.cancel()
    this.suspend()
    this.comparison.forget()
  }

  /**
   * Shows a run that an earlier window has stored.
   * @throws SessionStateError if another one is requested or shown
   */
  restore(request: RunRequest, run: InspectionRun): void {
    if (!this.isUntouched) throw new SessionStateError('Another inspection is shown already.')
    this.shownState = { kind: 'ended', request, run }
    this.comparison.restore(run)
    this.updates.fire({ type: 'show', how: 'restored', before: undefined })
  }

  /** The document of the shown run was renamed. */
  moveDocument(to: { readonly documentUri: string; readonly documentName: string }): void {
    this.update((inspectionId) => ({ type: 'setDocument', inspectionId, ...to }))
  }

  /** Stops all work; nothing is told any more. */
  dispose(): void {
    this.updates.dispose()
    this.close()
    for (const subject of this.subjects) dispose(subject)
  }

  private preparationOf(job: Job): Preparation {
    return new Preparation({
      job,
      change: (next) => {
        const { requestState } = this
        if (requestState.kind === 'preparing' && requestState.job === job) this.setRequest(next(requestState))
      },
      release: (subject) => {
        this.release(subject)
      },
    })
  }

  /** Shows a request whose tokens are known, in place of the shown run. */
  private show(job: Job, prepared: InspectionRun): InspectionRun {
    const { requestState } = this
    if (!('job' in requestState) || requestState.job !== job) throw new CancelledError()
    const { request } = requestState
    this.endRun({ kind: 'cancelled' })
    this.explanations.cancel()
    const { shownState: before } = this
    const shown = before.kind === 'empty' ? undefined : before.run
    const continues = shown?.inspection.id === prepared.inspection.id
    const comparison = continues ? prepared.inspection.comparison : this.comparison.follow(prepared, shown)
    const run: InspectionRun = {
      ...prepared,
      inspection: { ...prepared.inspection, comparison, state: { kind: 'running' } },
    }
    this.requestState = { kind: 'none' }
    this.shownState = { kind: 'running', request, run, job, startedMs: performance.now() }
    if (before.kind !== 'empty') this.release(before.request.subject)
    this.updates.fire({ type: 'show', how: continues ? 'continued' : 'started', before: shown })
    return run
  }

  private listenerOf(job: Job, inspectionId: string): InspectionListener {
    const update = (change: InspectionUpdate) => {
      if (!job.hasEnded) this.update(() => change)
    }
    return {
      onPredictions: (section, predictions) => {
        update({ type: 'appendPredictions', inspectionId, section, predictions })
      },
      onNext: (section, next) => {
        update({ type: 'setNext', inspectionId, section, next })
      },
      onModel: (model) => {
        update({ type: 'setModel', inspectionId, model })
      },
    }
  }

  /** Ends the shown run if it is in progress, and starts or cancels the comparison that has waited for it. */
  private endRun(state: InspectionState): void {
    const { shownState: shown, seconds } = this
    if (shown.kind !== 'running') return
    shown.job.end()
    this.shownState = { kind: 'ended', request: shown.request, run: { ...shown.run, seconds } }
    this.update((inspectionId) => ({ type: 'setState', inspectionId, state }))
    this.comparison.runEnded(state.kind === 'done')
  }

  /** The work of a job was rejected. A job that had ended before has nothing more to say. */
  private stopped(job: Job, error: unknown): void {
    if (job.hasEnded) return
    const isCancelled = error instanceof CancelledError
    if (!isCancelled) this.work.logError('The inspection failed', error)
    if (this.shownState.kind === 'running' && this.shownState.job === job) {
      const { inspection } = this.shownState.run
      this.endRun(
        isCancelled ? { kind: 'cancelled' } : { kind: 'failed', ...describeFailure(error, inspection) },
      )
    } else if ('job' in this.requestState && this.requestState.job === job) {
      const { request } = this.requestState
      if (isCancelled) return this.giveUp()
      job.end()
      this.setRequest({ kind: 'failed', request, failure: describeFailure(error) })
    }
  }

  /** Seconds that scoring the shown run took until now. */
  private get seconds(): number {
    const { shownState: shown } = this
    if (shown.kind === 'empty') return 0
    const { seconds } = shown.run
    return shown.kind === 'running' ? seconds + (performance.now() - shown.startedMs) / 1000 : seconds
  }

  /** Keeps what was explained with the shown run. */
  private keep(change: (run: InspectionRun) => InspectionRun): void {
    if (this.shownState.kind === 'empty') return
    this.shownState = { ...this.shownState, run: change(this.shownState.run) }
    this.updates.fire({ type: 'explain' })
  }

  /** Applies a change to the shown results. */
  private update(updateOf: (inspectionId: string) => InspectionUpdate): void {
    const { shownState: shown } = this
    if (shown.kind === 'empty') return
    const update = updateOf(shown.run.inspection.id)
    const inspection = updateInspection(shown.run.inspection, update)
    this.shownState = { ...shown, run: { ...shown.run, inspection } }
    this.updates.fire(update)
  }

  private setRequest(state: RequestState): void {
    this.requestState = state
    this.updates.fire({ type: 'request' })
  }

  /** Stops the request before another one takes its place, which may have the same subject. */
  private drop(next?: Subject): void {
    const { requestState } = this
    if ('job' in requestState) requestState.job.end()
    if ('request' in requestState && requestState.request.subject !== next)
      this.release(requestState.request.subject)
  }

  /** Stops tracking a subject, unless it is still shown. */
  private release(subject: Subject): void {
    if (this.shownState.kind === 'empty' || this.shownState.request.subject !== subject) dispose(subject)
  }
}

function dispose(subject: Subject): void {
  if (subject.kind === 'document') subject.target.dispose()
}
