import { randomUUID } from 'node:crypto'
import * as vscode from 'vscode'
import { readSettings } from '../config'
import {
  type InspectionTarget,
  targetOfEditor,
  targetOfRanges,
  visibleTarget,
  wholeRange,
} from '../editor/inspectionTarget'
import { type Log, logError } from '../log'
import { type PreparedInspection, prepareInspection, runInspection } from '../prediction/inspectDocument'
import type { PredictionService } from '../prediction/predictionService'
import { CancelledError } from '../shared/errors'
import type { InspectionState } from '../shared/prediction'
import { InspectionPanel } from './inspectionPanel'
import { digestOf, type InspectionRun, withNext, withPredictions, withState } from './inspectionRun'
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
  private lastEditor = vscode.window.activeTextEditor
  private readonly editorChanges: vscode.Disposable

  constructor(private readonly parts: ControllerParts) {
    this.panel = new InspectionPanel({
      ...parts,
      onRunAgain: () => this.runAgain(),
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
    this.cancel()
    this.panel.open()
    this.panel.showNotice({ type: 'showEmpty', reason: 'noEditor' })
  }

  /** Inspects the ranges of the shown run again, where they are now. */
  async runAgain(): Promise<void> {
    const { run, link } = this.panel
    if (run === undefined) return this.inspect()
    const document = await link.openDocument()
    if (document === undefined) {
      this.panel.report(
        `${run.inspection.documentName} is not there any more. Open another text and inspect that.`,
      )
      return
    }
    const ranges = run.wholeDocument ? [wholeRange(document)] : link.ranges
    await this.start({ ...targetOfRanges(document, ranges), wholeDocument: run.wholeDocument })
  }

  /** Stops the run; what it has found so far stays. */
  cancel(): void {
    this.cancellation?.abort(new CancelledError())
  }

  dispose(): void {
    this.cancel()
    this.panel.dispose()
    this.editorChanges.dispose()
  }

  private async start(target: InspectionTarget, editor?: vscode.TextEditor): Promise<void> {
    this.cancel()
    if (this.panel.run?.inspection.state.kind === 'running') this.end({ kind: 'cancelled' })
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
      const accepted = await this.prepareOrAsk(target, editor, cancellation.signal)
      if (accepted === undefined) this.panel.showRun()
      else await this.fill(accepted.target, accepted.prepared, cancellation.signal)
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
    editor: vscode.TextEditor | undefined,
    signal: AbortSignal,
  ): Promise<{ target: InspectionTarget; prepared: PreparedInspection } | undefined> {
    const prepared = await this.prepare(target, signal)
    if (!target.wholeDocument) return { target, prepared }
    switch (await asksForPart(this.parts.service, prepared, { canSeePart: editor !== undefined })) {
      case 'all':
        return { target, prepared }
      case 'none':
        return undefined
      case 'visiblePart': {
        if (editor === undefined) return undefined
        const visible = visibleTarget(editor)
        return { target: visible, prepared: await this.prepare(visible, signal) }
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
    target: InspectionTarget,
    prepared: PreparedInspection,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted()
    const started = performance.now()
    const inspectionId = prepared.inspection.id
    const run: InspectionRun = {
      ...prepared,
      textDigest: digestOf(target.text),
      wholeDocument: target.wholeDocument,
    }
    await this.panel.show(run)
    await runInspection(
      this.parts.service,
      prepared,
      {
        onPredictions: (section, predictions) => {
          this.panel.update((run) => withPredictions(run, section, predictions), {
            type: 'appendPredictions',
            inspectionId,
            section,
            predictions,
          })
        },
        onNext: (section, next) => {
          const message = { type: 'setNext', inspectionId, section, next } as const
          this.panel.update((run) => withNext(run, section, next), message)
        },
      },
      { signal },
    )
    this.end({ kind: 'done', seconds: (performance.now() - started) / 1000 })
  }

  private end(state: InspectionState): void {
    const { run } = this.panel
    if (run === undefined) return
    const ended = withState(run, state)
    this.panel.update(() => ended, { type: 'setState', inspectionId: run.inspection.id, state })
    void this.parts.store.save(ended)
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
