import type * as vscode from 'vscode'
import { readPrecision, readSettings } from '../../editor/settings'
import { type Log, logError } from '../../editor/log'
import { showInformation } from '../../editor/notifications'
import { renewInspection } from '../../prediction/inspectCompletion'
import { runInspection } from '../../prediction/inspectDocument'
import { PredictionService } from '../../prediction/predictionService'
import type { EngineApi } from '../../shared/contracts/engineApi'
import { elementAt } from '../../shared/elementAt'
import { formatBytes } from '../../shared/text/format'
import { fitsInFp32, isSameModel, weightMemoryBytes } from '../../shared/text/modelText'
import type { TokenScore, ModelInfo, Precision, PrecisionCostState } from '../../shared/contracts/prediction'
import { scoredCount } from '../../shared/numbers/summary'
import { precisionCost } from '../../shared/numbers/precisionCost'
import type { InspectionPanel } from './panel/inspectionPanel'
import type { InspectionRun } from './run/inspectionRun'
import type { InspectionStore } from './run/inspectionStore'

/** An engine that lives for one measurement. */
export interface TemporaryEngine {
  readonly api: EngineApi
  dispose(): Promise<void>
}

export interface MeasurementOptions {
  readonly panel: InspectionPanel
  readonly store: InspectionStore
  readonly log: Log
  /** Starts a second engine with the selected model in this precision. */
  readonly startEngine: (precision: Precision) => TemporaryEngine
}

/**
 * Measures the precision's cost: scores the tokens of the shown inspection in the other precision, with a temporary
 * engine, and compares the two. The shown results are one side of the comparison and are not computed again.
 */
export class PrecisionCostMeasurement implements vscode.Disposable {
  private cancellation: AbortController | undefined

  constructor(private readonly options: MeasurementOptions) {}

  async measure(): Promise<void> {
    const { panel } = this.options
    const { run } = panel
    if (run === undefined) {
      void showInformation('Logitscope: Inspect a text first, then measure its precision cost.')
      return
    }
    this.cancel()
    const cancellation = new AbortController()
    this.cancellation = cancellation
    const show = (state: PrecisionCostState) => {
      if (this.cancellation === cancellation) this.show(run.inspection.id, state)
    }
    try {
      show(await this.costOf(run, cancellation.signal, show))
    } catch (error) {
      if (cancellation.signal.aborted) show({ kind: 'cancelled' })
      else {
        show({
          kind: 'failed',
          message: logError(this.options.log, 'Measuring the precision cost failed', error),
        })
      }
    } finally {
      if (this.cancellation === cancellation) this.cancellation = undefined
    }
  }

  cancel(): void {
    this.cancellation?.abort()
  }

  dispose(): void {
    this.cancel()
  }

  private async costOf(
    run: InspectionRun,
    signal: AbortSignal,
    show: (state: PrecisionCostState) => void,
  ): Promise<PrecisionCostState> {
    const { sections, model } = run.inspection
    const total = scoredCount(sections)
    if (!fitsInFp32(model)) return { kind: 'failed', message: tooLargeForFp32(model) }
    if (readPrecision(readSettings().model) !== model.precision)
      return { kind: 'failed', message: OTHER_MODEL }
    show({ kind: 'running', done: 0, total })

    const engine = this.options.startEngine(model.precision === 'fp32' ? 'int8' : 'fp32')
    try {
      const service = new PredictionService(engine.api)
      const other = await service.model({ signal })
      if (!isSameModel(other, { ...model, precision: other.precision }))
        return { kind: 'failed', message: OTHER_MODEL }
      const theirs: (TokenScore | null)[][] = sections.map(() => [])
      let done = 0
      await runInspection(
        service,
        renewInspection(run, run.inspection.id, other),
        {
          onPredictions: (section, predictions) => {
            elementAt(theirs, section).push(...predictions.map(({ score }) => score))
            done += predictions.length
            show({ kind: 'running', done: Math.min(done, total), total })
          },
        },
        { signal },
      )
      const ours = sections.map(({ predictions }) => Array.from(predictions, ({ score }) => score))
      // A section whose inspection was cancelled has fewer scores in `ours`.
      const cost = precisionCost(
        ours.flat(),
        ours.flatMap((scores, section) => elementAt(theirs, section).slice(0, scores.length)),
      )
      return cost === null
        ? { kind: 'failed', message: 'No token was scored, so there is nothing to compare.' }
        : { kind: 'done', cost }
    } finally {
      await engine.dispose()
    }
  }

  private show(inspectionId: string, state: PrecisionCostState): void {
    if (this.options.panel.run?.inspection.id !== inspectionId) {
      this.cancel()
      return
    }
    const updated = this.options.panel.update({ type: 'setPrecisionCost', inspectionId, state })
    if (updated !== undefined && state.kind !== 'running') void this.options.store.save(updated)
  }
}

function tooLargeForFp32(model: ModelInfo): string {
  return `In fp32, ${model.id} needs ${formatBytes(weightMemoryBytes(model))} and WASM can use 4 GB, so int8 cannot be compared to fp32.`
}

const OTHER_MODEL =
  'The selected model or precision is not the one shown. Run the inspection again, then measure.'
