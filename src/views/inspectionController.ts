import { randomUUID } from 'node:crypto'
import * as vscode from 'vscode'
import { readSettings } from '../config'
import { type InspectionTarget, targetOfEditor, visibleTarget } from '../editor/inspectionTarget'
import { digestOf } from '../editor/textDigest'
import { TrackedTarget } from '../editor/trackedTarget'
import { type Log, logError } from '../log'
import { type PreparedInspection, prepareInspection, runInspection } from '../prediction/inspectDocument'
import type { PredictionService } from '../prediction/predictionService'
import { CancelledError } from '../shared/errors'
import type { InspectionState } from '../shared/prediction'
import { InspectionPanel } from './inspectionPanel'
import type { InspectionRun } from './inspectionRun'
import type { InspectionStore } from './inspectionStore'
import { asksForPart } from './longRunQuestion'

export interface ControllerParts {
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
  private asked: TrackedTarget | undefined
  /** What the shown run was asked for. */
  private shown: TrackedTarget | undefined
  private lastEditor = vscode.window.activeTextEditor
  private readonly editorChanges: vscode.Disposable

  constructor(private readonly parts: ControllerParts) {
    this.panel = new InspectionPanel({
      ...parts,
      onRunAgain: () => this.runAgain(),
      onRestore: (run) => {
        const { documentUri, sections } = run.inspection
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
    const tracked = this.panel.showsNotice ? this.asked : this.shown
    if (tracked === undefined) return this.inspect()
    let target: InspectionTarget
    try {
      target = await tracked.current()
    } catch (error) {
      logError(this.parts.log, 'The inspected document cannot be opened', error)
      this.panel.report('The inspected document is not there any more. Open another text and inspect that.')
      return
    }
    await this.start(target)
  }

  /** Stops the run; what it has found so far stays. */
  cancel(): void {
    this.cancellation?.abort(new CancelledError())
  }

  dispose(): void {
    this.cancel()
    this.asked?.dispose()
    this.shown?.dispose()
    this.panel.dispose()
    this.editorChanges.dispose()
  }

  private async start(target: InspectionTarget, editor?: vscode.TextEditor): Promise<void> {
    const tracked = this.ask(target)
    this.supersede()
    this.panel.open()
    if (target.text === '') {
      this.panel.showNotice({ type: 'showEmpty', reason: 'emptyDocument' })
      return
    }
    const cancellation = new AbortController()
    this.cancellation = cancellation
    const isCurrent = () => this.cancellation === cancellation
    await setRunning(true)
    try {
      this.panel.showNotice({ type: 'showPreparing', note: 'Getting the model ready…' })
      const accepted = await this.prepareOrAsk(target, tracked, editor, cancellation.signal)
      if (accepted === undefined) this.panel.showRun()
      else await this.fill(accepted.tracked, accepted.prepared, cancellation.signal)
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
  ): Promise<{ tracked: TrackedTarget; prepared: PreparedInspection } | undefined> {
    const prepared = await this.prepare(target, signal)
    signal.throwIfAborted()
    if (!target.wholeDocument) return { tracked, prepared }
    const answer = await asksForPart(this.parts.service, prepared, { canSeePart: editor !== undefined })
    signal.throwIfAborted()
    switch (answer) {
      case 'all':
        return { tracked, prepared }
      case 'none':
        return undefined
      case 'visiblePart': {
        if (editor === undefined) return undefined
        const visible = visibleTarget(editor)
        return { tracked: this.ask(visible), prepared: await this.prepare(visible, signal) }
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
      { id: randomUUID(), documentUri, documentName, text, ranges, context, startToken, topK },
      signal,
    )
  }

  private async fill(
    tracked: TrackedTarget,
    prepared: PreparedInspection,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted()
    const started = performance.now()
    const inspectionId = prepared.inspection.id
    const { textDigest, wholeDocument } = tracked.parts
    const run: InspectionRun = { ...prepared, textDigest, wholeDocument }
    if (this.shown !== tracked) this.shown?.dispose()
    this.shown = tracked
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
    if (this.asked !== this.shown) this.asked?.dispose()
    this.asked = new TrackedTarget({
      documentUri: document.uri.toString(),
      ranges: ranges.map(({ range }) => range),
      wholeDocument,
      textDigest: digestOf(text),
    })
    return this.asked
  }

  private end(state: InspectionState): void {
    const inspectionId = this.panel.run?.inspection.id
    if (inspectionId === undefined) return
    const ended = this.panel.update({ type: 'setState', inspectionId, state })
    if (ended !== undefined) void this.parts.store.save(ended)
  }

  private failed(error: unknown): void {
    const message = logError(this.parts.log, 'The inspection failed', error)
    if (this.panel.showsNotice) {
      this.panel.report(message)
    } else {
      this.end({ kind: 'failed', message })
      this.panel.notifyWhereHidden(message)
    }
  }

  private editorToInspect(): vscode.TextEditor | undefined {
    const { activeTextEditor, visibleTextEditors } = vscode.window
    return [activeTextEditor, this.lastEditor, ...visibleTextEditors].find(
      (editor) => editor !== undefined && isInspectable(editor) && visibleTextEditors.includes(editor),
    )
  }
}

/** Nobody wants to inspect the output. */
function isInspectable({ document }: vscode.TextEditor): boolean {
  return document.uri.scheme !== 'output'
}

async function setRunning(running: boolean): Promise<void> {
  await vscode.commands.executeCommand('setContext', 'logitscope.running', running)
}
