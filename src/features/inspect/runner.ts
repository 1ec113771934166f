import * as vscode from 'vscode'
import { type Log, logError } from '../../editor/log'
import { describeFailure } from '../../prediction/failureText'
import { type InspectionListener, runInspection } from '../../prediction/windows/inspectDocument'
import type { PredictionService } from '../../prediction/windows/predictionService'
import type { InspectionComparison } from '../../shared/contracts/panel/comparison'
import type { InspectionState } from '../../shared/contracts/panel/inspection'
import type { InspectionPanel } from './panel/inspectionPanel'
import type { InspectionRun } from './run/inspectionRun'
import type { InspectionStore } from './run/inspectionStore'
import { LOADING } from './run/prepareDocument'
import type { Run } from './run/run'

export interface RunnerOptions {
  readonly panel: InspectionPanel
  readonly service: PredictionService
  readonly store: InspectionStore
  readonly log: Log
  /** The comparison of a run that takes the place of the one before. */
  readonly comparisonOf: (data: InspectionRun, before: Run | undefined) => InspectionComparison | undefined
  /** Called when a run is shown. */
  readonly onShow: (run: Run) => void
  /** Called when a run has ended: completed, cancelled or failed. */
  readonly onEnd: (run: Run) => void
}

/**
 * Carries out requests, one at a time. A request takes the place of the shown run when its tokens are known; one that
 * fails, is cancelled or declined before that leaves the shown run as it is.
 */
export class Runner {
  private current: Run | undefined

  constructor(private readonly options: RunnerOptions) {}

  /** The last request, until it is shown or given up. A failed one stays, for Run Again. */
  get requested(): Run | undefined {
    return this.current
  }

  /** The run that Run Again repeats. */
  get latest(): Run | undefined {
    return this.current ?? this.options.panel.shown
  }

  get isActive(): boolean {
    return [this.current, this.options.panel.shown].some((run) => run?.isActive === true)
  }

  /** Carries out a request until it has ended. `prepare` finds its tokens. */
  async execute(run: Run, prepare: () => Promise<InspectionRun>): Promise<void> {
    const { panel, service } = this.options
    this.giveUp()
    this.current = run
    this.updateContext()
    try {
      await panel.open(run.editor)
      run.signal.throwIfAborted()
      panel.showNotice(LOADING)
      const data = await prepare()
      run.signal.throwIfAborted()
      await this.show(run, data)
      await runInspection(service, run.data ?? data, this.listenerOf(run, data.inspection.id), run)
      this.end(run, { kind: 'done', seconds: run.seconds })
    } catch (error) {
      this.stopped(run, error)
    }
    this.updateContext()
    this.options.onEnd(run)
  }

  /** Drops the request, which is not shown yet. */
  giveUp(): void {
    this.current?.dispose(this.options.panel.shown)
    this.current = undefined
    this.updateContext()
  }

  /** Stops the request, or else the shown run, which keeps its results so far. */
  cancel(): void {
    const run = this.current?.isActive === true ? this.current : this.options.panel.shown
    run?.cancel()
  }

  cancelAll(): void {
    this.current?.cancel()
    this.options.panel.shown?.cancel()
  }

  dispose(): void {
    this.current?.dispose(this.options.panel.shown)
    this.options.panel.shown?.dispose()
  }

  /** Sets what the commands of the running and of the shown inspection depend on. */
  updateContext(): void {
    const { shown } = this.options.panel
    setContext('running', this.isActive)
    setContext('hasResults', shown !== undefined)
    setContext('canContinue', shown?.canContinue === true && !this.isActive)
  }

  /** Shows a request whose tokens are known, in place of the shown run. */
  private async show(run: Run, data: InspectionRun): Promise<void> {
    const { panel, store, comparisonOf, onShow } = this.options
    const before = panel.shown
    if (before?.isActive === true) {
      before.cancel()
      this.end(before, { kind: 'cancelled' })
    }
    const comparison = comparisonOf(data, before)
    run.begin({ ...data, inspection: { ...data.inspection, comparison, state: { kind: 'running' } } })
    this.current = undefined
    const shown = panel.show(run)
    before?.dispose(run)
    onShow(run)
    this.updateContext()
    if (run.data !== undefined) void store.save(run.data)
    await shown
  }

  private listenerOf(run: Run, inspectionId: string): InspectionListener {
    const { panel, store } = this.options
    return {
      onPredictions: (section, predictions) => {
        panel.update({ type: 'appendPredictions', inspectionId, section, predictions })
        store.saveSoon(() => run.data && { ...run.data, seconds: run.seconds })
      },
      onNext: (section, next) => {
        panel.update({ type: 'setNext', inspectionId, section, next })
      },
      onModel: (model) => {
        panel.update({ type: 'setModel', inspectionId, model })
      },
    }
  }

  /** Ends the shown run. */
  private end(run: Run, state: InspectionState): void {
    const { panel, store } = this.options
    const inspectionId = run.data?.inspection.id
    if (inspectionId === undefined || !run.isActive) return
    run.end()
    const ended = panel.update({ type: 'setState', inspectionId, state })
    if (ended !== undefined) void store.save(ended)
  }

  private stopped(run: Run, error: unknown): void {
    const { panel, log } = this.options
    if (run === panel.shown && run.isActive) {
      if (run.signal.aborted) return this.end(run, { kind: 'cancelled' })
      logError(log, 'The inspection failed', error)
      const failure = describeFailure(error, run.data?.inspection)
      this.end(run, { kind: 'failed', ...failure })
      panel.notifyIfHidden(failure)
    } else if (run === this.current) {
      run.end()
      if (run.signal.aborted) {
        this.giveUp()
        panel.showRun()
      } else {
        logError(log, 'The inspection failed', error)
        panel.report(describeFailure(error))
      }
    }
  }
}

function setContext(name: string, value: boolean): void {
  void vscode.commands.executeCommand('setContext', `logitscope.${name}`, value)
}
