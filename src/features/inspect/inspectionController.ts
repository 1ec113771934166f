import * as vscode from 'vscode'
import type { Feature } from '../../editor/feature'
import { readSettings } from '../../editor/settings'
import type { ShownInspection } from '../../editor/shownInspection'
import {
  type InspectionTarget,
  offsetsOf,
  targetOfEditor,
  targetOfRanges,
  visibleTarget,
} from '../../editor/inspectionTarget'
import { digestOf } from '../../editor/textDigest'
import { TrackedTarget } from '../../editor/trackedTarget'
import { type Log, logError } from '../../editor/log'
import { describeFailure } from '../../prediction/failureText'
import { type PreparedInspection, prepareInspection, runInspection } from '../../prediction/inspectDocument'
import type { PredictionService } from '../../prediction/predictionService'
import type { Completion } from '../../prediction/completion'
import { type CompletionPlace, prepareCompletion, renewInspection } from '../../prediction/inspectCompletion'
import { assertNever } from '../../shared/assertNever'
import { CancelledError } from '../../shared/errors'
import type { InspectionState } from '../../shared/contracts/prediction'
import type { TokenAddress } from '../../shared/contracts/protocol'
import { INSPECT_STATUS_ENTRIES } from './inspectStatusEntries'
import { InspectionPanel, type InspectionPanelOptions } from './inspectionPanel'
import type { InspectionRun } from './inspectionRun'
import type { InspectionStore } from './inspectionStore'
import { askForPart } from './longRunQuestion'

export interface ControllerOptions {
  readonly extensionUri: vscode.Uri
  readonly service: PredictionService
  readonly store: InspectionStore
  readonly log: Log
  readonly onCopyRow: InspectionPanelOptions['onCopyRow']
}

/** Runs inspections, one at a time: starting one cancels the previous one. */
export class InspectionController implements Feature, ShownInspection, vscode.Disposable {
  readonly panel: InspectionPanel
  readonly statusEntries = INSPECT_STATUS_ENTRIES
  private cancellation: AbortController | undefined
  /** The subject that was requested last, even if its run has not started. */
  private requested: Subject | undefined
  /** The subject of the shown run. */
  private shown: Subject | undefined
  /** URIs of documents. */
  private readonly inspected = new Set<string>()
  private lastEditor = vscode.window.activeTextEditor
  private readonly editorChanges: vscode.Disposable

  constructor(private readonly options: ControllerOptions) {
    this.panel = new InspectionPanel({
      ...options,
      onRunAgain: () => this.runAgain(),
      onRestore: (run) => {
        const { documentUri, sections, generation } = run.inspection
        if (generation !== undefined) {
          this.shown = run
          return
        }
        this.inspected.add(documentUri)
        this.shown = new TrackedTarget({ ...run, documentUri, ranges: sections.map(({ range }) => range) })
      },
      onClose: () => {
        this.cancel()
      },
    })
    this.editorChanges = vscode.window.onDidChangeActiveTextEditor((editor) => {
      if (editor !== undefined && isInspectable(editor)) this.lastEditor = editor
    })
  }

  get run(): InspectionRun | undefined {
    return this.panel.run
  }

  get pickedToken(): TokenAddress | undefined {
    return this.panel.pickedToken
  }

  /** Inspects the selections of the editor that was used last, or its whole document if nothing is selected. */
  async inspect(): Promise<void> {
    const editor = this.editorToInspect()
    if (editor !== undefined) return this.start(targetOfEditor(editor), editor)
    this.supersede()
    this.panel.open()
    this.panel.showNotice({ type: 'showEmpty', reason: 'noEditor' })
  }

  /** Inspects the subject of the shown run, or of the failed request that is shown instead, in its current text. */
  async runAgain(): Promise<void> {
    const subject = this.panel.showsNotice ? this.requested : this.shown
    if (subject === undefined) return this.inspect()
    if (!(subject instanceof TrackedTarget)) return this.startCompletion(subject)
    let target: InspectionTarget
    try {
      target = await subject.current()
    } catch (error) {
      logError(this.options.log, 'The inspected document cannot be opened', error)
      this.panel.report({
        message: 'The inspected document no longer exists. Open another text and inspect it.',
        remedies: [],
      })
      return
    }
    await this.start(target)
  }

  /**
   * Picks the token at a UTF-16 offset in the editor that was used last. If the shown run does not contain it,
   * inspects its line first. The offset comes from a link, so it can be any value.
   */
  async inspectAt(offset: unknown): Promise<void> {
    const document = this.editorToInspect()?.document
    if (document === undefined || !isOffsetOf(document, offset)) return
    if (this.panel.pickAt(document, offset)) return
    const line = document.lineAt(document.positionAt(offset))
    await this.start(targetOfRanges(document, [offsetsOf(document, line.rangeIncludingLineBreak)]))
    this.panel.pickAt(document, offset)
  }

  /** Opens the panel with the tokens of a completion. */
  async inspectCompletion(completion: Completion, place: CompletionPlace): Promise<void> {
    await this.startCompletion(prepareCompletion(completion, place, crypto.randomUUID(), readSettings().topK))
  }

  /** Whether a run of the document was started in this window, before or after a reload. */
  hasInspected(document: vscode.TextDocument): boolean {
    return this.inspected.has(document.uri.toString())
  }

  /** Cancels the run of the previous model, and runs again if the user can see the result. */
  modelChanged(): void {
    const wasRunning = this.cancellation !== undefined
    this.cancel()
    const hasSubject = (this.requested ?? this.shown) !== undefined
    if (wasRunning || (this.panel.visible && hasSubject)) void this.runAgain()
  }

  /** Stops the run and keeps its results so far. */
  cancel(): void {
    this.cancellation?.abort(new CancelledError())
  }

  dispose(): void {
    this.cancel()
    release(this.requested)
    release(this.shown)
    this.panel.dispose()
    this.editorChanges.dispose()
  }

  private async start(target: InspectionTarget, editor?: vscode.TextEditor): Promise<void> {
    const tracked = this.request(target)
    if (target.text === '') {
      this.supersede()
      this.panel.open()
      this.panel.showNotice({ type: 'showEmpty', reason: 'emptyDocument' })
      return
    }
    await this.execute((signal) => this.prepareOrAsk(target, tracked, editor, signal))
  }

  /** Scores the completion's tokens with the current model. */
  private async startCompletion(subject: PreparedInspection): Promise<void> {
    this.setRequested(subject)
    await this.execute(async (signal) => {
      const model = await this.options.service.model({ signal })
      return { subject, prepared: renewInspection(subject, crypto.randomUUID(), model) }
    })
  }

  /** Prepares and runs an inspection. `prepare` resolves with undefined if the user decided against it. */
  private async execute(prepare: (signal: AbortSignal) => Promise<Accepted | undefined>): Promise<void> {
    this.supersede()
    this.panel.open()
    const cancellation = new AbortController()
    this.cancellation = cancellation
    const isCurrent = () => this.cancellation === cancellation
    await setRunning(true)
    try {
      this.panel.showNotice({ type: 'showPreparing', note: 'Loading the model…' })
      const accepted = await prepare(cancellation.signal)
      if (accepted === undefined) this.panel.showRun()
      else await this.fill(accepted, cancellation.signal)
    } catch (error) {
      if (!isCurrent()) return
      if (!cancellation.signal.aborted) this.failed(error)
      else if (this.panel.showsNotice) this.panel.showRun()
      else this.end({ kind: 'cancelled' })
    } finally {
      if (isCurrent()) {
        this.cancellation = undefined
        await setRunning(false)
      }
    }
  }

  /** Asks the user before a long run; undefined if the user cancels it. */
  private async prepareOrAsk(
    target: InspectionTarget,
    tracked: TrackedTarget,
    editor: vscode.TextEditor | undefined,
    signal: AbortSignal,
  ): Promise<Accepted | undefined> {
    const prepared = await this.prepare(target, signal)
    signal.throwIfAborted()
    if (!target.wholeDocument) return { subject: tracked, prepared }
    const answer = await askForPart(this.options.service, prepared, { canSeePart: editor !== undefined })
    signal.throwIfAborted()
    switch (answer) {
      case 'all':
        return { subject: tracked, prepared }
      case 'none':
        return undefined
      case 'visiblePart': {
        if (editor === undefined) return undefined
        const visible = visibleTarget(editor)
        return { subject: this.request(visible), prepared: await this.prepare(visible, signal) }
      }
      default:
        return assertNever(answer)
    }
  }

  private prepare(
    { document, text, ranges }: InspectionTarget,
    signal: AbortSignal,
  ): Promise<PreparedInspection> {
    const { context, startToken, topK } = readSettings()
    const documentUri = document.uri.toString()
    const documentName = vscode.workspace.asRelativePath(document.uri, false)
    return prepareInspection(
      this.options.service,
      { id: crypto.randomUUID(), documentUri, documentName, text, ranges, context, startToken, topK },
      signal,
    )
  }

  private async fill({ subject, prepared }: Accepted, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const started = performance.now()
    const inspectionId = prepared.inspection.id
    const { textDigest, wholeDocument } = subject instanceof TrackedTarget ? subject.options : OF_NO_DOCUMENT
    const run: InspectionRun = { ...prepared, textDigest, wholeDocument }
    if (this.shown !== subject) release(this.shown)
    this.shown = subject
    if (subject instanceof TrackedTarget) this.inspected.add(subject.options.documentUri)
    await this.panel.show(run)
    void this.options.store.save(run)
    await runInspection(
      this.options.service,
      prepared,
      {
        onPredictions: (section, predictions) => {
          this.panel.update({ type: 'appendPredictions', inspectionId, section, predictions })
        },
        onNext: (section, next) => {
          this.panel.update({ type: 'setNext', inspectionId, section, next })
        },
        onModel: (model) => {
          this.panel.update({ type: 'setModel', inspectionId, model })
        },
      },
      { signal },
    )
    this.end({ kind: 'done', seconds: (performance.now() - started) / 1000 })
  }

  /** Ends the current run for a new request, which takes over the panel. */
  private supersede(): void {
    this.cancel()
    if (this.panel.run?.inspection.state.kind === 'running') this.end({ kind: 'cancelled' })
    this.cancellation = undefined
    void setRunning(false)
  }

  private request({ document, text, ranges, wholeDocument }: InspectionTarget): TrackedTarget {
    const tracked = new TrackedTarget({
      documentUri: document.uri.toString(),
      ranges: ranges.map(({ range }) => range),
      wholeDocument,
      textDigest: digestOf(text),
    })
    this.setRequested(tracked)
    return tracked
  }

  private setRequested(subject: Subject): void {
    if (this.requested !== this.shown) release(this.requested)
    this.requested = subject
  }

  private end(state: InspectionState): void {
    const inspectionId = this.panel.run?.inspection.id
    if (inspectionId === undefined) return
    const ended = this.panel.update({ type: 'setState', inspectionId, state })
    if (ended !== undefined) void this.options.store.save(ended)
  }

  private failed(error: unknown): void {
    logError(this.options.log, 'The inspection failed', error)
    if (this.panel.showsNotice) {
      this.panel.report(describeFailure(error))
    } else {
      const failure = describeFailure(error, this.panel.run?.inspection)
      this.end({ kind: 'failed', ...failure })
      this.panel.notifyIfHidden(failure)
    }
  }

  private editorToInspect(): vscode.TextEditor | undefined {
    const { activeTextEditor, visibleTextEditors } = vscode.window
    return [activeTextEditor, this.lastEditor, ...visibleTextEditors].find(
      (editor) => editor !== undefined && isInspectable(editor) && visibleTextEditors.includes(editor),
    )
  }
}

/** What a run inspects: parts of a document, or a completion, which is not part of a document. */
type Subject = TrackedTarget | PreparedInspection

interface Accepted {
  readonly subject: Subject
  readonly prepared: PreparedInspection
}

const OF_NO_DOCUMENT = { textDigest: '', wholeDocument: false }

function release(subject: Subject | undefined): void {
  if (subject instanceof TrackedTarget) subject.dispose()
}

/** Output channels are not inspected. */
function isInspectable({ document }: vscode.TextEditor): boolean {
  return document.uri.scheme !== 'output'
}

function isOffsetOf(document: vscode.TextDocument, offset: unknown): offset is number {
  return (
    Number.isSafeInteger(offset) && (offset as number) >= 0 && (offset as number) <= document.getText().length
  )
}

async function setRunning(running: boolean): Promise<void> {
  await vscode.commands.executeCommand('setContext', 'logitscope.running', running)
}
