import * as vscode from 'vscode'
import { readSettings } from '../../editor/settings'
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
import { CancelledError } from '../../shared/errors'
import type { InspectionState } from '../../shared/contracts/prediction'
import { InspectionPanel } from './inspectionPanel'
import type { InspectionRun } from './inspectionRun'
import type { InspectionStore } from './inspectionStore'
import { asksForPart } from './longRunQuestion'

export interface ControllerOptions {
  readonly extensionUri: vscode.Uri
  readonly service: PredictionService
  readonly store: InspectionStore
  readonly log: Log
}

/** Runs inspections, one at a time: a newer one cancels the one before. */
export class InspectionController implements vscode.Disposable {
  readonly panel: InspectionPanel
  private cancellation: AbortController | undefined
  /** What was asked for last, whether or not it came to a run. */
  private asked: Subject | undefined
  /** What the shown run was asked for. */
  private shown: Subject | undefined
  /** Documents by their URIs. */
  private readonly inspected = new Set<string>()
  private lastEditor = vscode.window.activeTextEditor
  private readonly editorChanges: vscode.Disposable

  constructor(private readonly parts: ControllerOptions) {
    this.panel = new InspectionPanel({
      ...parts,
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

  /** Inspects the selections of the editor that was used last, or all of it. */
  async inspect(): Promise<void> {
    const editor = this.editorToInspect()
    if (editor !== undefined) return this.start(targetOfEditor(editor), editor)
    this.supersede()
    this.panel.open()
    this.panel.showNotice({ type: 'showEmpty', reason: 'noEditor' })
  }

  /** Inspects what the shown run was asked for, or what failed in its place, again, where it is now. */
  async runAgain(): Promise<void> {
    const subject = this.panel.showsNotice ? this.asked : this.shown
    if (subject === undefined) return this.inspect()
    if (!(subject instanceof TrackedTarget)) return this.startCompletion(subject)
    let target: InspectionTarget
    try {
      target = await subject.current()
    } catch (error) {
      logError(this.parts.log, 'The inspected document cannot be opened', error)
      this.panel.report({
        message: 'The inspected document is not there any more. Open another text and inspect that.',
        remedies: [],
      })
      return
    }
    await this.start(target)
  }

  /**
   * Picks the token at an offset of the editor that was used last: in the shown run, or in one of its line.
   * The offset comes from a link, so it may be anything.
   */
  async inspectAt(offset: unknown): Promise<void> {
    const document = this.editorToInspect()?.document
    if (document === undefined || !isOffsetOf(document, offset)) return
    if (this.panel.pickAt(document, offset)) return
    const line = document.lineAt(document.positionAt(offset))
    await this.start(targetOfRanges(document, [offsetsOf(document, line.rangeIncludingLineBreak)]))
    this.panel.pickAt(document, offset)
  }

  /** Shows step by step how a completion came to be. */
  async inspectCompletion(completion: Completion, place: CompletionPlace): Promise<void> {
    await this.startCompletion(prepareCompletion(completion, place, crypto.randomUUID(), readSettings().topK))
  }

  /** A run was begun for it in this window, before a reload or since. */
  hasInspected(document: vscode.TextDocument): boolean {
    return this.inspected.has(document.uri.toString())
  }

  /** Another model speaks from now on: what is looked at is scored by it, what it is asked already ends. */
  async modelChanged(): Promise<void> {
    const wasRunning = this.cancellation !== undefined
    this.cancel()
    const wasAsked = (this.asked ?? this.shown) !== undefined
    if (wasRunning || (this.panel.visible && wasAsked)) await this.runAgain()
  }

  /** Stops the run; what it has found so far stays. */
  cancel(): void {
    this.cancellation?.abort(new CancelledError())
  }

  dispose(): void {
    this.cancel()
    release(this.asked)
    release(this.shown)
    this.panel.dispose()
    this.editorChanges.dispose()
  }

  private async start(target: InspectionTarget, editor?: vscode.TextEditor): Promise<void> {
    const tracked = this.ask(target)
    if (target.text === '') {
      this.supersede()
      this.panel.open()
      this.panel.showNotice({ type: 'showEmpty', reason: 'emptyDocument' })
      return
    }
    await this.run((signal) => this.prepareOrAsk(target, tracked, editor, signal))
  }

  /** Scored by the model that is loaded now, as often as it is asked for. */
  private async startCompletion(subject: PreparedInspection): Promise<void> {
    this.setAsked(subject)
    await this.run(async (signal) => {
      const model = await this.parts.service.model({ signal })
      return { subject, prepared: renewInspection(subject, crypto.randomUUID(), model) }
    })
  }

  /** From the moment when it is asked for to its end; `prepare` finds its tokens, or nothing to be run. */
  private async run(prepare: (signal: AbortSignal) => Promise<Accepted | undefined>): Promise<void> {
    this.supersede()
    this.panel.open()
    const cancellation = new AbortController()
    this.cancellation = cancellation
    const isCurrent = () => this.cancellation === cancellation
    await setRunning(true)
    try {
      this.panel.showNotice({ type: 'showPreparing', note: 'Getting the model ready…' })
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

  /** Undefined where the user, asked about a long run, would rather not. */
  private async prepareOrAsk(
    target: InspectionTarget,
    tracked: TrackedTarget,
    editor: vscode.TextEditor | undefined,
    signal: AbortSignal,
  ): Promise<Accepted | undefined> {
    const prepared = await this.prepare(target, signal)
    signal.throwIfAborted()
    if (!target.wholeDocument) return { subject: tracked, prepared }
    const answer = await asksForPart(this.parts.service, prepared, { canSeePart: editor !== undefined })
    signal.throwIfAborted()
    switch (answer) {
      case 'all':
        return { subject: tracked, prepared }
      case 'none':
        return undefined
      case 'visiblePart': {
        if (editor === undefined) return undefined
        const visible = visibleTarget(editor)
        return { subject: this.ask(visible), prepared: await this.prepare(visible, signal) }
      }
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
      this.parts.service,
      { id: crypto.randomUUID(), documentUri, documentName, text, ranges, context, startToken, topK },
      signal,
    )
  }

  private async fill({ subject, prepared }: Accepted, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const started = performance.now()
    const inspectionId = prepared.inspection.id
    const { textDigest, wholeDocument } = subject instanceof TrackedTarget ? subject.parts : OF_NO_DOCUMENT
    const run: InspectionRun = { ...prepared, textDigest, wholeDocument }
    if (this.shown !== subject) release(this.shown)
    this.shown = subject
    if (subject instanceof TrackedTarget) this.inspected.add(subject.parts.documentUri)
    await this.panel.show(run)
    void this.parts.store.save(run)
    await runInspection(
      this.parts.service,
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

  /** A newer request has the panel from now on: the run before ends here, and has nothing to say any more. */
  private supersede(): void {
    this.cancel()
    if (this.panel.run?.inspection.state.kind === 'running') this.end({ kind: 'cancelled' })
    this.cancellation = undefined
    void setRunning(false)
  }

  private ask({ document, text, ranges, wholeDocument }: InspectionTarget): TrackedTarget {
    const tracked = new TrackedTarget({
      documentUri: document.uri.toString(),
      ranges: ranges.map(({ range }) => range),
      wholeDocument,
      textDigest: digestOf(text),
    })
    this.setAsked(tracked)
    return tracked
  }

  private setAsked(subject: Subject): void {
    if (this.asked !== this.shown) release(this.asked)
    this.asked = subject
  }

  private end(state: InspectionState): void {
    const inspectionId = this.panel.run?.inspection.id
    if (inspectionId === undefined) return
    const ended = this.panel.update({ type: 'setState', inspectionId, state })
    if (ended !== undefined) void this.parts.store.save(ended)
  }

  private failed(error: unknown): void {
    logError(this.parts.log, 'The inspection failed', error)
    if (this.panel.showsNotice) {
      this.panel.report(describeFailure(error))
    } else {
      const failure = describeFailure(error, this.panel.run?.inspection)
      this.end({ kind: 'failed', ...failure })
      this.panel.notifyWhereHidden(failure)
    }
  }

  private editorToInspect(): vscode.TextEditor | undefined {
    const { activeTextEditor, visibleTextEditors } = vscode.window
    return [activeTextEditor, this.lastEditor, ...visibleTextEditors].find(
      (editor) => editor !== undefined && isInspectable(editor) && visibleTextEditors.includes(editor),
    )
  }
}

/** What a run is of: parts of a document, or a completion, which is in no document. */
type Subject = TrackedTarget | PreparedInspection

interface Accepted {
  readonly subject: Subject
  readonly prepared: PreparedInspection
}

const OF_NO_DOCUMENT = { textDigest: '', wholeDocument: false }

function release(subject: Subject | undefined): void {
  if (subject instanceof TrackedTarget) subject.dispose()
}

/** Nobody wants to inspect the output. */
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
