import * as vscode from 'vscode'
import { readPrecision, readSettings } from '../../editor/settings'
import { type Log, logError } from '../../editor/log'
import { runInspection } from '../../prediction/inspectDocument'
import { PredictionService } from '../../prediction/predictionService'
import type { EngineApi } from '../../shared/contracts/engineApi'
import { formatBytes } from '../../shared/text/format'
import { fitsInFp32, isSameModel, weightMemoryBytes } from '../../shared/text/modelText'
import type { TokenScore, ModelInfo, Precision, PrecisionCostState } from '../../shared/contracts/prediction'
import { scoredCount } from '../../shared/numbers/summary'
import { precisionCost } from '../../shared/numbers/precisionCost'
import type { InspectionPanel } from './inspectionPanel'
import type { InspectionRun } from './inspectionRun'
import type { InspectionStore } from './inspectionStore'

/** An engine for one measurement. */
export interface PassingEngine {
  readonly api: EngineApi
  dispose(): Promise<void>
}

export interface MeasurementOptions {
  readonly panel: InspectionPanel
  readonly store: InspectionStore
  readonly log: Log
  /** An engine with the model of the settings in this precision, beside the one that is there. */
  readonly startEngine: (precision: Precision) => PassingEngine
}

/**
 * Measure Precision Cost: the tokens of the shown inspection once more in the other precision, by an engine that
 * lives as long as that takes. What is shown is one of the two sides: it has been run already.
 */
export class PrecisionCostMeasurement implements vscode.Disposable {
  private cancellation: AbortController | undefined

  constructor(private readonly parts: MeasurementOptions) {}

  async measure(): Promise<void> {
    const { panel } = this.parts
    const { run } = panel
    if (run === undefined || panel.showsNotice) {
      void vscode.window.showInformationMessage(
        'Logitscope: Inspect a text first; its precision is measured.',
      )
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
          message: logError(this.parts.log, 'The precision could not be measured', error),
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
    if (!fitsInFp32(model)) return { kind: 'failed', message: withoutOtherSide(model) }
    if (readPrecision(readSettings().model) !== model.precision)
      return { kind: 'failed', message: OTHER_MODEL }
    show({ kind: 'running', done: 0, total })

    const engine = this.parts.startEngine(model.precision === 'fp32' ? 'int8' : 'fp32')
    try {
      const service = new PredictionService(engine.api)
      const other = await service.model({ signal })
      if (!isSameModel(other, { ...model, precision: other.precision }))
        return { kind: 'failed', message: OTHER_MODEL }
      const theirs: (TokenScore | null)[][] = sections.map(() => [])
      let done = 0
      await runInspection(
        service,
        { ...run, inspection: { ...run.inspection, model: other } },
        {
          onPredictions: (section, predictions) => {
            theirs[section].push(...predictions.map(({ score }) => score))
            done += predictions.length
            show({ kind: 'running', done: Math.min(done, total), total })
          },
        },
        { signal },
      )
      const ours = sections.map(({ predictions }) => predictions.map(({ score }) => score))
      // A section that was cancelled has fewer on one side.
      const cost = precisionCost(
        ours.flat(),
        theirs.flatMap((scores, section) => scores.slice(0, ours[section].length)),
      )
      return cost === null
        ? { kind: 'failed', message: 'There is no scored token to compare.' }
        : { kind: 'done', cost }
    } finally {
      await engine.dispose()
    }
  }

  private show(inspectionId: string, state: PrecisionCostState): void {
    if (this.parts.panel.run?.inspection.id !== inspectionId) {
      this.cancel()
      return
    }
    const updated = this.parts.panel.update({ type: 'setPrecisionCost', inspectionId, state })
    if (updated !== undefined && state.kind !== 'running') void this.parts.store.save(updated)
  }
}

function withoutOtherSide(model: ModelInfo): string {
  return `In fp32 ${model.id} needs ${formatBytes(weightMemoryBytes(model))} and WASM has 4: there is nothing to compare int8 with.`
}

const OTHER_MODEL =
  'Another model or precision is selected than the one that is shown. Run Again, then measure.'
