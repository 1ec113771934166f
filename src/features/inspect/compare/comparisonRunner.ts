import { readSettings } from '../../../editor/settings'
import { type Log, logError } from '../../../editor/log'
import { digestOf } from '../../../editor/documents/textDigest'
import { type BaselineSide, compareInspection } from '../../../prediction/compare/compareInspection'
import type { ComparedModels, Comparisons } from '../../../prediction/compare/comparisons'
import { describeFailure } from '../../../prediction/failureText'
import { prepareInspection } from '../../../prediction/windows/inspectDocument'
import type { PredictionService } from '../../../prediction/windows/predictionService'
import type {
  Baseline,
  ComparisonState,
  InspectionComparison,
} from '../../../shared/contracts/panel/comparison'
import type { ModelLocation } from '../../../shared/contracts/engine/engineApi'
import type { InspectionUpdate } from '../../../shared/contracts/panel/inspectionUpdate'
import { CancelledError } from '../../../shared/errors'
import type { InspectionPanel } from '../panel/inspectionPanel'
import type { InspectionRun } from '../run/inspectionRun'
import type { InspectionStore } from '../run/inspectionStore'
import type { Run } from '../run/run'
import { keptBaseline, pendingComparison } from './baselines'
import { BaselineTextError, type BaselineTexts, currentTarget, shownText } from './baselineTexts'

export interface ComparisonRunnerOptions {
  readonly panel: Pick<InspectionPanel, 'shown' | 'run' | 'update'> & {
    readonly requests: Pick<InspectionPanel['requests'], 'cancelBaseline'>
  }
  readonly service: PredictionService
  readonly comparisons: Comparisons
  readonly store: Pick<InspectionStore, 'save' | 'saveSoon'>
  readonly texts: BaselineTexts
  readonly log: Log
  /** Where a model is, an id or a folder. */
  readonly locate: (model: string) => ModelLocation
  readonly runAgain: () => Promise<void>
  /** Called after a comparison began, ended or is gone. */
  readonly onState: () => void
}

interface ActiveComparison {
  readonly cancellation: AbortController
  /** Resolves when it has ended. */
  readonly ended: Promise<void>
}

/** Compares the shown inspection with a baseline, one comparison at a time. */
export class ComparisonRunner {
  private active: ActiveComparison | undefined
  /** The baseline of the next run, in place of that of the shown one. */
  private next: Baseline | undefined
  /** Whether the next run is compared with the baseline of the shown one: not if the panel is closed between them. */
  private keepsBaseline = true
  /** What the last comparison read of its baseline. */
  private read: { readonly baseline: Baseline; readonly side: BaselineSide } | undefined

  constructor(private readonly options: ComparisonRunnerOptions) {}

  /** The comparison of the shown inspection. */
  get shown(): InspectionComparison | undefined {
    return this.options.panel.run?.inspection.comparison
  }

  /**
   * Compares the shown inspection, as soon as it is complete. If its document was edited, the current text is inspected
   * first, because a text is compared with the one that the document has now.
   */
  async start(baseline: Baseline): Promise<void> {
    const { panel } = this.options
    const run = panel.shown
    const data = run?.data
    if (run === undefined || data === undefined) return
    if (baseline.kind !== 'model' && !run.isActive) {
      const isOutdated = await wasEdited(run, data)
      if (panel.shown !== run) return this.start(baseline)
      if (isOutdated) return this.runAgainWith(baseline)
    }
    const { inspection } = data
    this.stop()
    this.keepsBaseline = true
    if (baseline.kind !== 'model') this.unload()
    const comparison = pendingComparison(data, baseline)
    panel.update({ type: 'setComparison', inspectionId: inspection.id, comparison })
    this.options.onState()
    if (!run.isActive) await this.compare(run)
  }

  /** Compares the next run that is shown with this baseline; undefined: with that of the shown run. */
  expect(baseline: Baseline | undefined): void {
    this.next = baseline
  }

  /** Compares the run that `inspect` shows with this baseline. If it shows none, a later run is not compared with it. */
  async compareNext(baseline: Baseline, inspect: () => Promise<void>): Promise<void> {
    this.expect(baseline)
    try {
      await inspect()
    } finally {
      if (this.next === baseline) this.expect(undefined)
    }
  }

  /** The comparison of a run that will be shown in place of another one, or continues it. */
  comparisonOf(data: InspectionRun, before: Run | undefined): InspectionComparison | undefined {
    const shown = before?.data?.inspection
    if (shown?.id === data.inspection.id) return data.inspection.comparison
    this.stop()
    const kept = this.keepsBaseline ? keptBaseline(data.inspection, shown) : undefined
    const baseline = this.next ?? kept
    this.next = undefined
    this.keepsBaseline = true
    if (baseline?.kind !== 'model' && shown?.comparison !== undefined) this.unload()
    return baseline && pendingComparison(data, baseline)
  }

  /** Compares a run that was waited for. */
  async runEnded(run: Run): Promise<void> {
    if (run !== this.options.panel.shown || this.shown?.state.kind !== 'loading') return
    if (this.active !== undefined) return
    if (run.data?.inspection.state.kind === 'done') await this.compare(run)
    else this.setState({ kind: 'cancelled' })
  }

  /**
   * The baseline's side of the shown comparison.
   * @throws BaselineTextError if its text is not known, because the window was reloaded
   */
  baselineSide(): BaselineSide {
    const baseline = this.shown?.baseline
    const sequences = this.options.panel.run?.sequences
    if (baseline?.kind === 'model' && sequences !== undefined) return this.sideOfModel(baseline, sequences)
    if (baseline === undefined || this.read?.baseline !== baseline)
      throw new BaselineTextError('The baseline’s text is no longer known. Compare again to explain it.')
    return this.read.side
  }

  /** Stops the comparison, which keeps its results so far. */
  cancel(): void {
    this.active?.cancellation.abort(new CancelledError())
    // It waits for the inspection.
    if (this.active === undefined && this.shown?.state.kind === 'loading')
      this.setState({ kind: 'cancelled' })
  }

  /** Removes the comparison and unloads its model. */
  end(): void {
    const { panel, store, onState } = this.options
    const inspectionId = panel.run?.inspection.id
    if (inspectionId === undefined || this.shown === undefined) return
    this.stop()
    this.unload()
    const ended = panel.update({ type: 'setComparison', inspectionId, comparison: null })
    if (ended !== undefined) void store.save(ended)
    onState()
  }

  /** Cancels the comparison and unloads its model; the results stay. */
  suspend(): void {
    this.cancel()
    if (this.shown !== undefined) this.unload()
  }

  /** The panel is closed: the next run in another panel is not compared. */
  close(): void {
    this.suspend()
    this.keepsBaseline = false
    this.expect(undefined)
  }

  private async runAgainWith(baseline: Baseline): Promise<void> {
    await this.compareNext(baseline, () => this.options.runAgain())
    await this.active?.ended
  }

  /** Stops without a state, because another comparison follows or none is shown. */
  private stop(): void {
    const { active } = this
    this.options.panel.requests.cancelBaseline()
    this.active = undefined
    active?.cancellation.abort(new CancelledError())
  }

  private unload(): void {
    const { panel, comparisons, log } = this.options
    panel.requests.cancelBaseline()
    comparisons.end().catch((error: unknown) => {
      logError(log, 'Unloading the baseline failed', error)
    })
  }

  private compare(run: Run): Promise<void> {
    const cancellation = new AbortController()
    const ended = this.carryOut(run, cancellation)
    this.active = { cancellation, ended }
    return ended
  }

  /** Never rejects. */
  private async carryOut(run: Run, cancellation: AbortController): Promise<void> {
    const { comparisons, log } = this.options
    const { signal } = cancellation
    // `active` is set when this function has returned for the first time.
    await Promise.resolve()
    const isCurrent = () => this.active?.cancellation === cancellation
    const { data } = run
    const baseline = this.shown?.baseline
    if (!isCurrent() || data === undefined || baseline === undefined) return
    const inspectionId = data.inspection.id
    const post = (update: InspectionUpdate) => {
      if (isCurrent()) this.post(update)
    }
    try {
      const side = await this.sideOf(run, data, { baseline, signal })
      if (isCurrent()) this.read = { baseline, side }
      await compareInspection(
        comparisons,
        { shown: data, baseline: side },
        {
          signal,
          onStart: (section, sides) => {
            if (section === 0)
              post(runningWith({ shown: sides.model, baseline: sides.baseline }, inspectionId))
            const { shared, contextTokens, baselineOnly, isComplete } = sides
            const alignment = { shared, contextTokens, baselineOnly, isComplete }
            post({ type: 'appendCompared', inspectionId, section, tokens: [], ...alignment })
          },
          onTokens: (section, tokens) => {
            post({ type: 'appendCompared', inspectionId, section, tokens })
          },
          onNext: (section, next) => {
            post({ type: 'appendCompared', inspectionId, section, tokens: [], next })
          },
          onModels: (models) => {
            post(runningWith(models, inspectionId))
          },
        },
      )
      if (isCurrent()) this.finish({ kind: 'done' })
    } catch (error) {
      if (!isCurrent()) return
      if (signal.aborted) this.finish({ kind: 'cancelled' })
      else {
        logError(log, 'The comparison failed', error)
        this.finish({ kind: 'failed', ...describeFailure(error) })
      }
    }
  }

  /** @throws BaselineTextError, and what `prepareInspection` throws */
  private async sideOf(
    run: Run,
    data: InspectionRun,
    { baseline, signal }: { readonly baseline: Baseline; readonly signal: AbortSignal },
  ): Promise<BaselineSide> {
    if (baseline.kind === 'model') {
      const { id, precision } = baseline
      if (id === readSettings().model && precision === data.inspection.model.precision) {
        throw new BaselineTextError(
          `${data.inspection.model.id} in ${precision} is the shown model now. Choose another baseline.`,
        )
      }
      return this.sideOfModel(baseline, data.sequences)
    }
    const request = await this.options.texts.requestFor(baseline, await shownText(run, data))
    return prepareInspection(this.options.service, request, signal)
  }

  private sideOfModel(
    { id, precision }: Extract<Baseline, { kind: 'model' }>,
    sequences: BaselineSide['sequences'],
  ): BaselineSide {
    return { model: { location: this.options.locate(id), precision }, sequences }
  }

  private finish(state: ComparisonState): void {
    this.active = undefined
    this.setState(state)
  }

  private setState(state: ComparisonState): void {
    const { panel, store, onState } = this.options
    const inspectionId = panel.run?.inspection.id
    if (inspectionId === undefined) return
    const updated = panel.update({ type: 'setComparisonState', inspectionId, state })
    if (updated !== undefined) void store.save(updated)
    onState()
  }

  private post(update: InspectionUpdate): void {
    const { panel, store } = this.options
    panel.update(update)
    // Not the compared run: a run that continues its inspection may have taken its place.
    const { shown } = panel
    store.saveSoon(() => shown?.data && { ...shown.data, seconds: shown.seconds })
  }
}

function runningWith(models: ComparedModels, inspectionId: string): InspectionUpdate {
  return { type: 'setComparisonState', inspectionId, state: { kind: 'running' }, models }
}

/** Whether the document has another text by now. */
async function wasEdited(run: Run, { textDigest }: InspectionRun): Promise<boolean> {
  try {
    const { text } = await currentTarget(run)
    return digestOf(text) !== textDigest
  } catch {
    return false
  }
}
