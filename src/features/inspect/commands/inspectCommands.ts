import type * as vscode from 'vscode'
import { EditorInUse } from './editorInUse'
import type { Feature } from '../../editor/registration/feature'
import { onFileMoved } from '../../editor/documents/fileMoves'
import {
  type InspectionTarget,
  offsetsOf,
  targetOfEditor,
  targetOfRanges,
} from '../../editor/documents/inspectionTarget'
import { type Log, logError } from '../../editor/log'
import { readSettings } from '../../editor/settings'
import type { ShownInspection } from '../../editor/shownInspection'
import { TrackedTarget } from '../../editor/documents/trackedTarget'
import { type FileMove, uriAfterMove } from '../../editor/documents/uriAfterMove'
import type { Completion } from '../../prediction/live/completion'
import { describeFailure } from '../../prediction/failureText'
import {
  type CompletionPlace,
  prepareCompletion,
  renewInspection,
} from '../../prediction/live/inspectCompletion'
import type { PreparedInspection } from '../../prediction/windows/inspectDocument'
import type { PredictionService } from '../../prediction/windows/predictionService'
import type { TokenAddress } from '../../shared/contracts/panel/protocol'
import type { ComparedInspection } from '../../shared/text/comparisonText'
import { ComparedDocument } from './compare/comparedDocument'
import { ComparisonController, type ComparisonControllerOptions } from './compare/comparisonController'
import type { SelectedModel } from './run/expectedModel'
import { INSPECT_STATUS_ENTRIES } from './inspectStatusEntries'
import { InspectionPanel, type InspectionPanelOptions } from './panel/inspectionPanel'
import { type InspectionRun, UNEXPLAINED } from './run/inspectionRun'
import type { InspectionStore } from './run/inspectionStore'
import { documentNameOf } from '../../editor/documents/documentName'
import { prepareDocument } from './run/prepareDocument'
import { Run, type RunOptions, track } from './run/run'
import { Runner } from './runner'

export interface ControllerOptions
  extends
    SelectedModel,
    Pick<InspectionPanelOptions, 'extensionUri' | 'memento' | 'explanations' | 'offersNative' | 'onCopyRow'>,
    Pick<ComparisonControllerOptions, 'comparisons' | 'models' | 'locate' | 'workspaceMemento'> {
  readonly service: PredictionService
  readonly store: InspectionStore
  readonly log: Log
}

/** Decides what is inspected: the commands of the inspect feature. `Runner` carries it out. */
export class InspectionController implements Feature, ShownInspection, vscode.Disposable {
  readonly panel: InspectionPanel
  readonly comparison: ComparisonController
  private readonly compared: ComparedDocument
  readonly statusEntries = INSPECT_STATUS_ENTRIES
  private readonly runner: Runner
  /** URIs of documents. */
  private readonly inspected = new Set<string>()
  private readonly editorInUse = new EditorInUse()
  private readonly fileMoves = onFileMoved((move) => {
    this.follow(move)
  })

  constructor(private readonly options: ControllerOptions) {
    this.panel = new InspectionPanel({
      ...options,
      baselineSide: () => this.comparison.baselineSide(),
      onRunAgain: () => this.runAgain(),
      onAnswer: (part) => {
        this.runner.requested?.answer(part)
      },
      onDismiss: () => {
        this.runner.giveUp()
        this.panel.showRun()
      },
      onRestore: (run) => {
        this.noteInspected(run)
        this.runner.updateContext()
        this.comparison.updateContext()
      },
      onClose: () => {
        this.runner.cancelAll()
        this.comparison.close()
        this.compared.panelChanged()
      },
      onChange: () => {
        this.compared.panelChanged()
      },
    })
    this.compared = new ComparedDocument(this.panel)
    this.comparison = new ComparisonController({
      ...options,
      panel: this.panel,
      inspect: () => this.inspect(),
      inspectTarget: (target) => this.start(target),
      runAgain: () => this.runAgain(),
    })
    this.runner = new Runner({
      ...options,
      panel: this.panel,
      comparisonOf: (data, before) => this.comparison.comparisonOf(data, before),
      onShow: (run) => {
        this.noteInspected(run)
        this.comparison.updateContext()
      },
      onEnd: (run) => {
        this.comparison.runEnded(run)
      },
    })
  }

  get run(): InspectionRun | undefined {
    return this.panel.run
  }

  get pickedToken(): TokenAddress | undefined {
    return this.panel.pickedToken
  }

  get onDidChangeComparison(): vscode.Event<void> {
    return this.compared.onDidChange
  }

  comparedInspectionOf(document: vscode.TextDocument): ComparedInspection | undefined {
    return this.compared.inspectionOf(document)
  }

  /** Inspects the selections of the editor that was used last, or its whole document if nothing is selected. */
  async inspect(): Promise<void> {
    const editor = this.editorInUse.find()
    if (editor === undefined) {
      this.runner.giveUp()
      await this.panel.open(undefined)
      this.panel.showNotice({ kind: 'noEditor' })
      return
    }
    const { document, selection } = editor
    const offset = document.offsetAt(selection.active)
    // A cursor at offset 0 has probably never been placed.
    const cursor = selection.isEmpty && offset > 0 ? offset : undefined
    await this.start(targetOfEditor(editor), { editor, cursor })
  }

  /** Inspects the subject of the shown run, or of the failed request that is shown above it, in its current text. */
  async runAgain(): Promise<void> {
    const run = this.runner.latest
    if (run === undefined) return this.inspect()
    const { subject, editor } = run
    if (!(subject instanceof TrackedTarget)) return this.startCompletion(subject)
    let target: InspectionTarget
    try {
      target = await subject.current()
    } catch (error) {
      logError(this.options.log, 'The inspected document cannot be opened', error)
      this.panel.report(describeFailure(error))
      return
    }
    await this.start(target, { editor })
  }

  /** Scores the tokens that the shown run has not scored because it was cancelled or interrupted. */
  async continueInspection(): Promise<void> {
    const { shown } = this.panel
    const data = shown?.data
    if (data === undefined || shown?.canContinue !== true || this.runner.isActive) return
    const run = new Run({ subject: shown.subject, editor: shown.editor })
    await this.runner.execute(run, async () => {
      await this.options.service.sameModel(data.inspection.model, { signal: run.signal })
      // A comparison may have added tokens while the model was loaded.
      return shown.data ?? data
    })
  }

  /**
   * Picks the token at a UTF-16 offset in the editor that was used last. If the shown run does not contain it,
   * inspects its line first. The offset comes from a link, so it can be any value.
   */
  async inspectAt(offset: unknown): Promise<void> {
    const editor = this.editorInUse.find()
    if (editor === undefined || !isOffsetOf(editor.document, offset)) return
    if (await this.panel.pickAt(editor, offset)) return
    const { document } = editor
    const line = document.lineAt(document.positionAt(offset))
    const range = offsetsOf(document, line.rangeIncludingLineBreak)
    await this.start(targetOfRanges(document, [range]), { editor, cursor: offset })
    await this.panel.pickAt(editor, offset)
  }

  /** Opens the panel with the tokens of a completion. */
  async inspectCompletion(completion: Completion, place: CompletionPlace): Promise<void> {
    await this.startCompletion(prepareCompletion(completion, place, crypto.randomUUID(), readSettings().topK))
  }

  /** Inspects a target in a document; an empty document leaves the shown run as it is. */
  async start(target: InspectionTarget, options: Omit<RunOptions, 'subject'> = {}): Promise<void> {
    if (target.text === '') {
      this.runner.giveUp()
      await this.panel.open(options.editor)
      this.panel.showNotice({ kind: 'emptyDocument', documentName: documentNameOf(target.document.uri) })
      return
    }
    const run = new Run({ ...options, subject: track(target) })
    await this.runner.execute(run, () =>
      prepareDocument(run, target, {
        ...this.options,
        showNotice: (notice) => {
          if (this.runner.requested === run) this.panel.showNotice(notice)
        },
      }),
    )
  }

  /** Whether a run of the document was started in this window, before or after a reload. */
  hasInspected(document: vscode.TextDocument): boolean {
    return this.inspected.has(document.uri.toString())
  }

  /** Cancels the run of the previous model, and runs again if the user can see the result. */
  modelChanged(): void {
    const wasActive = this.runner.isActive
    this.runner.cancelAll()
    this.comparison.suspend()
    if (wasActive || (this.panel.visible && this.runner.latest !== undefined)) void this.runAgain()
  }

  cancel(): void {
    this.runner.cancel()
  }

  /** Reveals the panel with the keyboard focus in its table. */
  async focusPanel(): Promise<void> {
    await this.panel.focus(this.editorInUse.find())
  }

  /** Resolves when the shown run is saved. Later changes of it are not: what ends it now is the closing window. */
  close(): Promise<void> {
    return this.options.store.close()
  }

  dispose(): void {
    this.runner.dispose()
    this.comparison.close()
    this.panel.dispose()
    this.compared.dispose()
    this.editorInUse.dispose()
    this.fileMoves.dispose()
  }

  /** Scores the completion's tokens with the current model. */
  private async startCompletion(subject: PreparedInspection): Promise<void> {
    const run = new Run({ subject })
    await this.runner.execute(run, async () => {
      const model = await this.options.service.model({ signal: run.signal })
      return { ...renewInspection(subject, crypto.randomUUID(), model), ...OF_NO_DOCUMENT }
    })
  }

  private follow(move: FileMove): void {
    this.runner.requested?.follow(move)
    this.panel.shown?.follow(move)
    void this.panel.follow(move)
    for (const uri of [...this.inspected]) {
      const moved = uriAfterMove(uri, move)
      if (moved === uri) continue
      this.inspected.delete(uri)
      if (moved !== undefined) this.inspected.add(moved)
    }
  }

  private noteInspected({ subject }: Run): void {
    if (subject instanceof TrackedTarget) this.inspected.add(subject.uri)
  }
}

const OF_NO_DOCUMENT = { textDigest: '', wholeDocument: false, seconds: 0, ...UNEXPLAINED }

function isOffsetOf(document: vscode.TextDocument, offset: unknown): offset is number {
  return (
    Number.isSafeInteger(offset) && (offset as number) >= 0 && (offset as number) <= document.getText().length
  )
}
