import { randomUUID } from 'node:crypto'
import * as vscode from 'vscode'
import { readSettings, writeSetting } from '../config'
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
import { assertNever } from '../shared/assertNever'
import { CancelledError } from '../shared/errors'
import type { InspectionState } from '../shared/prediction'
import type { HostMessage, PanelMessage, RequestLogitsMessage } from '../shared/protocol'
import { EditorLink } from './editorLink'
import { digestOf, type InspectionRun, withNext, withPredictions, withState } from './inspectionRun'
import type { InspectionStore } from './inspectionStore'
import { asksForPart } from './longRunQuestion'
import { Panel } from './panel'

export interface ControllerParts {
  readonly extensionUri: vscode.Uri
  readonly service: PredictionService
  readonly store: InspectionStore
  readonly log: Log
}

/** Runs inspections and is the one owner of what the panel shows. */
export class InspectionController implements vscode.Disposable {
  private panel: Panel | undefined
  private run: InspectionRun | undefined
  /** What the panel shows instead of the run: none yet, getting ready, or why there is none. */
  private notice: HostMessage | undefined = { type: 'showEmpty', reason: 'noInspection' }
  private cancellation: AbortController | undefined
  /** The page has come to life and shown no inspection yet: that one takes the keyboard's focus. */
  private pageIsFresh = false
  private lastEditor = vscode.window.activeTextEditor
  private readonly link: EditorLink
  private readonly editorChanges: vscode.Disposable

  constructor(private readonly parts: ControllerParts) {
    this.link = new EditorLink({
      onCursor: (address) => {
        if (this.run === undefined || this.notice !== undefined) return
        this.panel?.post({ type: 'pickFromEditor', inspectionId: this.run.inspection.id, ...address })
      },
      onOutOfDate: () => {
        this.postOutOfDate()
      },
    })
    this.editorChanges = vscode.window.onDidChangeActiveTextEditor((editor) => {
      if (editor !== undefined && isInspectable(editor)) this.lastEditor = editor
    })
  }

  /** The run that is shown, complete or not. */
  get results(): InspectionRun | undefined {
    return this.run
  }

  /** Inspects the selections of the editor that was used last, or all of it. */
  async inspect(): Promise<void> {
    const editor = this.editorToInspect()
    this.openPanel()
    if (editor === undefined) {
      this.cancel()
      this.showNotice({ type: 'showEmpty', reason: 'noEditor' })
      return
    }
    await this.start(targetOfEditor(editor), editor)
  }

  /** Inspects the ranges of the shown run again, where they are now. */
  async runAgain(): Promise<void> {
    const { run } = this
    if (run === undefined) return this.inspect()
    const document = await this.link.openDocument()
    if (document === undefined) {
      this.report(`${run.inspection.documentName} is not there any more. Open another text and inspect that.`)
      return
    }
    const ranges = run.wholeDocument ? [wholeRange(document)] : this.link.ranges
    await this.start({ ...targetOfRanges(document, ranges), wholeDocument: run.wholeDocument })
  }

  /** Stops the run; what it has found so far stays. */
  cancel(): void {
    this.cancellation?.abort(new CancelledError())
  }

  focusPanel(): void {
    this.openPanel()
    this.panel?.focus()
    this.panel?.post({ type: 'focusTable' })
  }

  /** Takes over the panel that VS Code has brought back after a reload. */
  restorePanel(webviewPanel: vscode.WebviewPanel): void {
    this.attach(new Panel(webviewPanel, this.parts.extensionUri))
  }

  sendSettings(): void {
    const { columns, topK } = readSettings()
    this.panel?.post({ type: 'settings', columns, topK })
  }

  dispose(): void {
    this.cancel()
    this.panel?.dispose()
    this.link.dispose()
    this.editorChanges.dispose()
  }

  // ───────────── running

  private async start(target: InspectionTarget, editor?: vscode.TextEditor): Promise<void> {
    this.cancel()
    if (this.run?.inspection.state.kind === 'running') this.run = withState(this.run, { kind: 'cancelled' })
    this.openPanel()
    if (target.text === '') {
      this.showNotice({ type: 'showEmpty', reason: 'emptyDocument' })
      return
    }
    const cancellation = new AbortController()
    this.cancellation = cancellation
    const isCurrent = () => this.cancellation === cancellation
    await this.updateContext()
    try {
      this.showNotice({ type: 'showPreparing', note: 'Getting the model ready…' })
      const accepted = await this.prepareOrAsk(target, editor, cancellation.signal)
      if (accepted === undefined) this.showRun()
      else await this.fill(accepted.target, accepted.prepared, cancellation.signal)
    } catch (error) {
      if (!isCurrent()) return
      if (!cancellation.signal.aborted) this.failed(error)
      else if (this.notice === undefined) this.end({ kind: 'cancelled' })
      else this.showRun()
    } finally {
      if (isCurrent()) {
        this.cancellation = undefined
        await this.updateContext()
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
    const run = { ...prepared, textDigest: digestOf(target.text), wholeDocument: target.wholeDocument }
    const inspectionId = run.inspection.id
    this.run = run
    this.showRun()
    await Promise.all([this.link.follow(run), this.updateContext()])
    const update = (change: (run: InspectionRun) => InspectionRun, message: HostMessage) => {
      if (signal.aborted || this.run === undefined) return
      this.run = change(this.run)
      this.panel?.post(message)
    }
    await runInspection(
      this.parts.service,
      prepared,
      {
        onPredictions: (section, predictions) => {
          update((run) => withPredictions(run, section, predictions), {
            type: 'appendPredictions',
            inspectionId,
            section,
            predictions,
          })
        },
        onNext: (section, next) => {
          update((run) => withNext(run, section, next), { type: 'setNext', inspectionId, section, next })
        },
      },
      { signal },
    )
    this.end({ kind: 'done', seconds: (performance.now() - started) / 1000 })
  }

  private end(state: InspectionState): void {
    if (this.run === undefined) return
    this.run = withState(this.run, state)
    this.panel?.post({ type: 'setState', inspectionId: this.run.inspection.id, state })
    void this.parts.store.save(this.run)
  }

  private failed(error: unknown): void {
    const message = logError(this.parts.log, 'The inspection failed', error)
    if (this.notice === undefined) {
      this.end({ kind: 'failed', message })
      this.notifyWhereHidden(message)
    } else this.report(message)
  }

  /** Says in the panel why there is nothing to show. */
  private report(message: string): void {
    this.showNotice({ type: 'showFailure', message })
    this.notifyWhereHidden(message)
  }

  private notifyWhereHidden(message: string): void {
    if (this.panel?.visible === true) return
    void vscode.window.showErrorMessage(`Logitscope: ${message}`, 'Show Log').then((answer) => {
      if (answer === 'Show Log') this.parts.log.show()
    })
  }

  private async updateContext(): Promise<void> {
    await vscode.commands.executeCommand('setContext', 'logitscope.running', this.cancellation !== undefined)
    await vscode.commands.executeCommand('setContext', 'logitscope.hasResults', this.run !== undefined)
  }

  private editorToInspect(): vscode.TextEditor | undefined {
    const { activeTextEditor, visibleTextEditors } = vscode.window
    return [activeTextEditor, this.lastEditor, ...visibleTextEditors].find(
      (editor) => editor !== undefined && isInspectable(editor) && visibleTextEditors.includes(editor),
    )
  }

  // ───────────── the panel

  /** The first time it takes the keyboard's focus; later that stays where it is. */
  private openPanel(): void {
    if (this.panel === undefined) this.attach(Panel.open(this.parts.extensionUri))
    else this.panel.showBeside()
  }

  private attach(panel: Panel): void {
    this.panel = panel
    panel.onMessage((message) => {
      this.receive(panel, message).catch((error: unknown) => {
        this.report(logError(this.parts.log, `The panel’s message “${message.type}” failed`, error))
      })
    })
    panel.onDispose(() => {
      this.cancel()
      this.link.unmark()
      this.panel = undefined
    })
  }

  private async receive(panel: Panel, message: PanelMessage): Promise<void> {
    switch (message.type) {
      case 'ready':
        return this.fillPanel(panel, message.inspectionId)
      case 'pickToken':
        if (message.inspectionId === this.run?.inspection.id) await this.link.show(message, message.how)
        return
      case 'requestLogits':
        return this.sendLogits(message)
      case 'setStartToken':
        await writeSetting('startToken', message.startToken)
        return this.runAgain()
      case 'setTopK':
        return writeSetting('topK', message.topK)
      case 'runCommand':
        await vscode.commands.executeCommand(`logitscope.${message.command}`)
        return
      case 'copyRow':
        await vscode.commands.executeCommand('logitscope.copyRow', message.section, message.position)
        return
      default:
        assertNever(message)
    }
  }

  /** A page has come to life, for the first time, after it was hidden, or after a reload of the window. */
  private async fillPanel(panel: Panel, restoredId: string | null): Promise<void> {
    this.sendSettings()
    if (this.run === undefined && this.cancellation === undefined && restoredId !== null) {
      this.run = await this.parts.store.load(restoredId)
      if (this.run !== undefined) {
        this.notice = undefined
        await Promise.all([this.link.follow(this.run), this.updateContext()])
      }
    }
    const { bytes, offsets } = await this.parts.service.vocabulary()
    panel.post({ type: 'vocabulary', bytes, offsets })
    this.pageIsFresh = true
    this.showAgain()
  }

  private showNotice(notice: HostMessage): void {
    this.notice = notice
    this.panel?.post(notice)
  }

  /** Back to the run, or to nothing where there is none. */
  private showRun(): void {
    this.notice = this.run === undefined ? { type: 'showEmpty', reason: 'noInspection' } : undefined
    this.showAgain()
  }

  private showAgain(): void {
    if (this.notice !== undefined) {
      this.panel?.post(this.notice)
    } else if (this.run !== undefined) {
      const focus = this.pageIsFresh && this.panel?.active === true
      this.pageIsFresh = false
      this.panel?.post({ type: 'showInspection', inspection: this.run.inspection, focus })
      this.postOutOfDate()
    }
  }

  private postOutOfDate(): void {
    if (this.run === undefined || this.notice !== undefined) return
    const { outOfDate } = this.link
    this.panel?.post({ type: 'setOutOfDate', inspectionId: this.run.inspection.id, outOfDate })
  }

  private async sendLogits({ inspectionId, section, position }: RequestLogitsMessage): Promise<void> {
    const { run } = this
    const sequence = run?.sequences.at(section)
    if (run?.inspection.id !== inspectionId || sequence === undefined) return
    const { tokenIds, from, to } = sequence
    const token = from + position
    const address = { inspectionId, section, position }
    try {
      const { startToken } = run.inspection
      const logits = await this.parts.service.logits({ tokenIds, to, startToken, token })
      this.panel?.post({ type: 'logits', ...address, logits })
    } catch (error) {
      const message = logError(this.parts.log, 'A row of logits could not be had', error)
      this.panel?.post({ type: 'logitsFailed', ...address, message })
    }
  }
}

/** Nobody wants to inspect the output. */
function isInspectable({ document }: vscode.TextEditor): boolean {
  return document.uri.scheme !== 'output'
}
