import type * as vscode from 'vscode'
import { existingDocument } from '../../../../editor/documents/existingDocument'
import {
  type InspectionTarget,
  targetOfRanges,
  wholeRange,
} from '../../../../editor/documents/inspectionTarget'
import { readPrecision, readSettings, writePrecision, writeSetting } from '../../../../editor/settings'
import { showInformation } from '../../../../editor/ui/notifications'
import type { Comparisons } from '../../../../prediction/compare/comparisons'
import type { ModelLocation } from '../../../../shared/contracts/engine/engineApi'
import type { Baseline } from '../../../../shared/contracts/panel/comparison'
import type { Inspection } from '../../../../shared/contracts/panel/inspection'
import { LogitscopeError } from '../../../../shared/errors'
import type { InspectionPanel } from '../../panel/inspectionPanel'
import type { ModelBaseline, TextBaseline } from '../../session/baselines'
import type { InspectionSession } from '../../session/inspectionSession'
import type { ShownRun } from '../../session/sessionState'
import type { InspectCommands } from '../inspectCommands'
import { type BaselineTexts, currentTarget, wasEdited } from './baselineTexts'
import { chooseBaseline, type ComparableModels, otherPrecision, savedVersion } from './chooseBaseline'
import { RecentBaselines } from './recentBaselines'

export interface CompareCommandsOptions {
  readonly session: InspectionSession
  readonly panel: Pick<InspectionPanel, 'isOpen' | 'open'>
  readonly inspect: InspectCommands
  readonly comparisons: Pick<Comparisons, 'refusalOf'>
  readonly texts: BaselineTexts
  readonly models: ComparableModels
  /** The place of a model, which is named by its id or its folder. */
  readonly locate: (model: string) => ModelLocation
  /** Stores the recent baselines of the workspace. */
  readonly workspaceMemento: vscode.Memento
}

/** The commands that compare the shown inspection. */
export class CompareCommands {
  private readonly recent: RecentBaselines

  constructor(private readonly options: CompareCommandsOptions) {
    this.recent = new RecentBaselines(options.workspaceMemento)
  }

  /** Asks for the baseline. */
  async choose(): Promise<void> {
    const inspection = await this.inspection()
    if (inspection === undefined) return
    const { models, texts } = this.options
    const baseline = await chooseBaseline({ inspection, models, recent: this.recent.get() })
    if (baseline === undefined) return
    texts.forgetClipboard()
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
    const baseline = this.options.session.run?.inspection.comparison?.baseline
    if (baseline !== undefined) await this.compareWith(baseline)
  }

  /** The baseline becomes the shown side, and the shown side its baseline. */
  async swap(): Promise<void> {
    const { panel, session } = this.options
    const inspection = session.run?.inspection
    if (inspection?.comparison?.canSwap !== true) return
    const { baseline } = inspection.comparison
    await panel.open(undefined)
    if (baseline.kind === 'model') await this.swapModels(baseline)
    else if (baseline.kind === 'text') await this.swapDocuments(baseline, inspection)
  }

  end(): void {
    const { comparison } = this.options.session
    if (comparison.state.kind !== 'none') comparison.end()
  }

  cancel(): void {
    const { comparison } = this.options.session
    if (comparison.isActive) comparison.cancel()
  }

  /** The shown inspection, else a new one of the editor; undefined if it is not completed. */
  private async inspection(): Promise<Inspection | undefined> {
    const { panel, session, inspect } = this.options
    const before = session.run?.inspection
    if (panel.isOpen && before !== undefined) return before
    await inspect.inspect()
    const inspection = session.run?.inspection
    return inspection?.id !== before?.id && inspection?.state.kind === 'done' ? inspection : undefined
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
    await this.start(baseline)
  }

  /** If the document was edited, inspects its current text first, because a text is compared with that one. */
  private async start(baseline: Baseline): Promise<void> {
    const { session, inspect } = this.options
    const { comparison, shown } = session
    if (shown.kind === 'empty') return
    const isOutdated = baseline.kind !== 'model' && shown.kind === 'ended' && (await wasEdited(shown))
    if (session.run?.inspection.id !== shown.run.inspection.id) return this.start(baseline)
    if (!isOutdated) return comparison.start(baseline)
    await comparison.startNext(baseline, () => inspect.runAgain())
    await comparison.ended
  }

  /** Undefined if the shown inspection can be compared with the baseline. */
  private async refusalOf(baseline: Baseline): Promise<string | undefined> {
    const { shown } = this.options.session
    if (shown.kind === 'empty') return undefined
    try {
      return baseline.kind === 'model'
        ? await this.refusalOfModel(baseline, shown)
        : await this.refusalOfText(baseline, shown)
    } catch (error) {
      if (error instanceof LogitscopeError) return error.message
      throw error
    }
  }

  private async refusalOfModel(
    { id, precision }: ModelBaseline,
    { run }: ShownRun,
  ): Promise<string | undefined> {
    const { comparisons, locate } = this.options
    const { model } = run.inspection
    return (await comparisons.refusalOf({ location: locate(id), precision }, { model }))?.message
  }

  private async refusalOfText(
    baseline: TextBaseline,
    { request, run }: ShownRun,
  ): Promise<string | undefined> {
    const target = await currentTarget(request)
    const { text } = await this.options.texts.requestFor(baseline, { inspection: run.inspection, target })
    const isSaved = baseline.kind === 'text' && baseline.source === 'saved'
    return isSaved && text === target.text
      ? `${baseline.name} has no unsaved changes. Edit it, then compare.`
      : undefined
  }

  /** The setting's change runs the inspection again. */
  private async swapModels({ id, precision }: ModelBaseline): Promise<void> {
    const { comparison } = this.options.session
    const { model } = readSettings()
    comparison.expect({ kind: 'model', id: model, precision: readPrecision(model) })
    try {
      if (readPrecision(id) !== precision) await writePrecision(id, precision)
      if (model !== id) await writeSetting('model', id)
    } catch (error) {
      comparison.expect(undefined)
      throw error
    }
  }

  private async swapDocuments(
    { uri = '', name }: Extract<Baseline, { kind: 'text' }>,
    { documentUri, documentName }: Inspection,
  ): Promise<void> {
    const { session, inspect } = this.options
    const document = await existingDocument(uri, { wasDeleted: false })
    if (document === undefined) {
      void showInformation(`Logitscope: ${name} no longer exists. Choose another text to compare with.`)
      return
    }
    const target: InspectionTarget = {
      ...targetOfRanges(document, [wholeRange(document)]),
      wholeDocument: true,
    }
    const shown: Baseline = { kind: 'text', source: 'document', uri: documentUri, name: documentName }
    await session.comparison.startNext(shown, () => inspect.inspectTarget(target))
  }
}
