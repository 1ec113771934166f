import * as vscode from 'vscode'
import { existingDocument } from '../../../editor/documents/existingDocument'
import { type InspectionTarget, targetOfRanges, wholeRange } from '../../../editor/documents/inspectionTarget'
import { showInformation } from '../../../editor/ui/notifications'
import { readPrecision, readSettings, writePrecision, writeSetting } from '../../../editor/settings'
import type { BaselineSide } from '../../../prediction/compare/compareInspection'
import type { Baseline, InspectionComparison } from '../../../shared/contracts/panel/comparison'
import type { Inspection } from '../../../shared/contracts/panel/inspection'
import { LogitscopeError } from '../../../shared/errors'
import type { InspectionPanel } from '../panel/inspectionPanel'
import type { InspectionRun } from '../run/inspectionRun'
import type { Run } from '../run/run'
import { BaselineTexts, currentTarget, type TextBaseline } from './baselineTexts'
import { chooseBaseline, type ComparableModels, otherPrecision, savedVersion } from './chooseBaseline'
import { ComparisonRunner, type ComparisonRunnerOptions } from './comparisonRunner'
import { RecentBaselines } from './recentBaselines'

export interface ComparisonControllerOptions extends Omit<
  ComparisonRunnerOptions,
  'panel' | 'texts' | 'onState'
> {
  readonly panel: InspectionPanel
  readonly models: ComparableModels
  /** Stores the recent baselines of the workspace. */
  readonly workspaceMemento: vscode.Memento
  /** Inspects the editor; resolves when the inspection has ended. */
  readonly inspect: () => Promise<void>
  readonly inspectTarget: (target: InspectionTarget) => Promise<void>
}

/** The commands that compare the shown inspection. `ComparisonRunner` carries them out. */
export class ComparisonController {
  private readonly texts = new BaselineTexts()
  private readonly recent: RecentBaselines
  private readonly runner: ComparisonRunner

  constructor(private readonly options: ComparisonControllerOptions) {
    this.recent = new RecentBaselines(options.workspaceMemento)
    this.runner = new ComparisonRunner({
      ...options,
      texts: this.texts,
      onState: () => {
        this.updateContext()
      },
    })
  }

  /** Asks for the baseline. */
  async choose(): Promise<void> {
    const inspection = await this.inspection()
    if (inspection === undefined) return
    const { models } = this.options
    const baseline = await chooseBaseline({ inspection, models, recent: this.recent.get() })
    if (baseline === undefined) return
    this.texts.forgetClipboard()
    await this.compareWith(baseline)
  }

  async compareWithSaved(): Promise<void> {
    const inspection = await this.inspection()
    if (inspection !== undefined) await this.compareWith(savedVersion(inspection))
  }

  async compareWithOtherPrecision(): Promise<void> {
    const inspection = await this.inspection()
    if (inspection !== undefined) await this.compareWith(otherPrecision(inspection))
  }

  /** Compares with the same baseline again. */
  async again(): Promise<void> {
    const baseline = this.runner.shown?.baseline
    if (baseline !== undefined) await this.compareWith(baseline)
  }

  /** The baseline becomes the shown side, and the shown side its baseline. */
  async swap(): Promise<void> {
    const { panel } = this.options
    const { shown } = this.runner
    const inspection = panel.run?.inspection
    if (shown?.canSwap !== true || inspection === undefined) return
    const { baseline } = shown
    await panel.open(undefined)
    if (baseline.kind === 'model') await this.swapModels(baseline)
    else if (baseline.kind === 'text') await this.swapDocuments(baseline, inspection)
  }

  end(): void {
    this.runner.end()
  }

  cancel(): void {
    this.runner.cancel()
  }

  /** The model changes. */
  suspend(): void {
    this.runner.suspend()
  }

  /** The panel is closed. */
  close(): void {
    this.runner.close()
  }

  /**
   * The baseline's side of the shown comparison.
   * @throws BaselineTextError if its text is not known
   */
  baselineSide(): BaselineSide {
    return this.runner.baselineSide()
  }

  /** The comparison of a run that will be shown in place of another one, or continues it. */
  comparisonOf(data: InspectionRun, before: Run | undefined): InspectionComparison | undefined {
    return this.runner.comparisonOf(data, before)
  }

  runEnded(run: Run): void {
    void this.runner.runEnded(run)
  }

  /** Sets what the commands depend on. */
  updateContext(): void {
    const { shown } = this.runner
    const kind = shown?.state.kind
    setContext('compared', shown !== undefined)
    setContext('comparing', kind === 'loading' || kind === 'running')
    setContext('canSwapComparison', shown?.canSwap === true)
    setContext('canCompareAgain', kind === 'failed' || kind === 'cancelled' || kind === 'interrupted')
  }

  /** The shown inspection, else a new one of the editor; undefined if it is not completed. */
  private async inspection(): Promise<Inspection | undefined> {
    const { panel, inspect } = this.options
    if (panel.isOpen && panel.run !== undefined) return panel.run.inspection
    const before = panel.run
    await inspect()
    const inspection = panel.run === before ? undefined : panel.run?.inspection
    return inspection?.state.kind === 'done' ? inspection : undefined
  }

  /** Compares, or says why it is impossible before anything is loaded. */
  private async compareWith(baseline: Baseline): Promise<void> {
    const refusal = await this.refusalOf(baseline)
    if (refusal !== undefined) {
      void showInformation(`Logitscope: ${refusal}`)
      return
    }
    await this.options.panel.open(undefined)
    void this.recent.add(baseline)
    await this.runner.start(baseline)
  }

  /** Undefined if the shown inspection can be compared with the baseline. */
  private async refusalOf(baseline: Baseline): Promise<string | undefined> {
    const run = this.options.panel.shown
    if (run?.data === undefined) return undefined
    try {
      return baseline.kind === 'model'
        ? await this.refusalOfModel(baseline, run.data)
        : await this.refusalOfText(baseline, run)
    } catch (error) {
      if (error instanceof LogitscopeError) return error.message
      throw error
    }
  }

  private async refusalOfModel(
    { id, precision }: Extract<Baseline, { kind: 'model' }>,
    { inspection: { model } }: InspectionRun,
  ): Promise<string | undefined> {
    const { comparisons, locate } = this.options
    const refusal = await comparisons.refusalOf({ location: locate(id), precision }, { model })
    return refusal?.message
  }

  private async refusalOfText(baseline: TextBaseline, run: Run): Promise<string | undefined> {
    const { data } = run
    if (data === undefined) return undefined
    const target = await currentTarget(run)
    const { text } = await this.texts.requestFor(baseline, { inspection: data.inspection, target })
    const isSaved = baseline.kind === 'text' && baseline.source === 'saved'
    return isSaved && text === target.text
      ? `${baseline.name} has no unsaved changes. Edit it, then compare.`
      : undefined
  }

  /** The setting's change runs the inspection again. */
  private async swapModels({ id, precision }: Extract<Baseline, { kind: 'model' }>): Promise<void> {
    const { model } = readSettings()
    const shown: Baseline = { kind: 'model', id: model, precision: readPrecision(model) }
    this.runner.expect(shown)
    try {
      if (readPrecision(id) !== precision) await writePrecision(id, precision)
      if (model !== id) await writeSetting('model', id)
    } catch (error) {
      this.runner.expect(undefined)
      throw error
    }
  }

  private async swapDocuments(
    { uri = '', name }: Extract<Baseline, { kind: 'text' }>,
    { documentUri, documentName }: Inspection,
  ): Promise<void> {
    const document = await existingDocument(uri, { wasDeleted: false })
    if (document === undefined) {
      void showInformation(`Logitscope: ${name} no longer exists. Choose another text to compare with.`)
      return
    }
    const target = { ...targetOfRanges(document, [wholeRange(document)]), wholeDocument: true }
    const shown: Baseline = { kind: 'text', source: 'document', uri: documentUri, name: documentName }
    await this.runner.compareNext(shown, () => this.options.inspectTarget(target))
  }
}

function setContext(name: string, value: boolean): void {
  void vscode.commands.executeCommand('setContext', `logitscope.${name}`, value)
}
