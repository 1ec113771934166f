import * as vscode from 'vscode'
import { readSettings, writeSetting } from '../../../editor/settings'
import { type FileMove, uriAfterMove } from '../../../editor/documents/uriAfterMove'
import { type Log, logError } from '../../../editor/log'
import { describeFailure, type Failure } from '../../../prediction/failureText'
import type { BaselineSide } from '../../../prediction/compare/compareInspection'
import type { Explanations } from '../../../prediction/explain/explanations'
import type { PredictionService } from '../../../prediction/windows/predictionService'
import { assertNever } from '../../../shared/assertNever'
import type { InspectionUpdate } from '../../../shared/contracts/panel/inspectionUpdate'
import {
  type AnswerLongRunMessage,
  type HostMessage,
  type Notice,
  type PanelMessage,
  type TokenAddress,
} from '../../../shared/contracts/panel/protocol'
import { isLayout } from '../../../shared/contracts/panel/parsePanelMessage'
import { ShownRun } from '../explain/shownRun'
import { TokenRequests } from '../explain/tokenRequests'
import { EditorLink } from './editorLink'
import { notifyFailure } from './failureNotification'
import type { InspectionRun } from '../run/inspectionRun'
import type { InspectionStore } from '../run/inspectionStore'
import { Panel } from './panel'
import { documentNameOf } from '../../../editor/documents/documentName'
import { unlockEmptyGroup } from './panelPlace'
import { tabTitle } from './panelTitle'
import { Run } from '../run/run'
import { tokenAtCursor } from './tokenPlaces'

export interface InspectionPanelOptions {
  readonly extensionUri: vscode.Uri
  /** Stores the places of the splitters, for every window of the user. */
  readonly memento: vscode.Memento
  readonly service: PredictionService
  readonly explanations: Explanations
  readonly store: InspectionStore
  readonly log: Log
  /** The baseline's side of the shown comparison. */
  readonly baselineSide: () => BaselineSide
  /** Whether to offer the installation of Logitscope Native. */
  readonly offersNative: () => boolean
  /** Called when a control of the panel has changed a setting that affects the results. */
  readonly onRunAgain: () => Promise<void>
  /** Called with the answer to the notice `longRun`. */
  readonly onAnswer: (part: AnswerLongRunMessage['part']) => void
  /** Called when the user closes the notice. */
  readonly onDismiss: () => void
  /** Called after a run that was saved before a reload of the window is shown. */
  readonly onRestore: (run: Run) => void
  readonly onClose: () => void
  /** Called when the shown run, its results or the state of its document have changed. */
  readonly onChange: () => void
  /** Copies a row of the shown run. */
  readonly onCopyRow: (address: TokenAddress) => Promise<void>
}

/** Owns what is shown, a run and a notice above it, and updates the panel and the editors. */
export class InspectionPanel implements vscode.Disposable {
  private readonly link: EditorLink
  readonly requests: TokenRequests
  private panel: Panel | undefined
  private opening: Promise<void> | undefined
  private shownRun: Run | undefined
  /** Shown above the run, or instead of it if no run is shown. */
  private notice: Notice | undefined = NOTHING_INSPECTED
  /** The page has loaded and not shown an inspection yet; the first one takes the keyboard focus. */
  private pageIsFresh = false

  constructor(private readonly options: InspectionPanelOptions) {
    this.link = new EditorLink({
      onCursor: (address) => {
        this.postAbout((inspectionId) => ({ type: 'pickFromEditor', inspectionId, ...address }))
      },
      onDocumentState: () => {
        this.postDocumentState()
      },
    })
    const shown = new ShownRun({
      run: () => this.shownRun,
      post: (message) => this.panel?.post(message),
      store: options.store,
    })
    this.requests = new TokenRequests({ ...options, shown })
  }

  /** The run whose results are shown. */
  get shown(): Run | undefined {
    return this.shownRun
  }

  /** The shown results, complete or not. */
  get run(): InspectionRun | undefined {
    return this.shownRun?.data
  }

  /** The token that was picked last, in the panel or in the editor. */
  get pickedToken(): TokenAddress | undefined {
    return this.link.pickedToken
  }

  /** Whether the document still has the inspected text. */
  get isUpToDate(): boolean {
    return this.link.state === 'unchanged'
  }

  get isOpen(): boolean {
    return this.panel !== undefined
  }

  /** Whether the panel is in the foreground of its editor group. */
  get visible(): boolean {
    return this.panel?.visible === true
  }

  /** Opens the panel beside the editor, with the keyboard focus; a panel that is open already is only revealed. */
  async open(editor: vscode.TextEditor | undefined): Promise<void> {
    if (this.panel !== undefined) {
      this.panel.reveal()
      return
    }
    // A second request may arrive before the first one has opened the panel.
    this.opening ??= Panel.open(this.options.extensionUri, editor)
      .then((panel) => {
        this.attach(panel)
      })
      .finally(() => (this.opening = undefined))
    await this.opening
  }

  async focus(editor: vscode.TextEditor | undefined): Promise<void> {
    await this.open(editor)
    this.panel?.focus()
    this.panel?.post({ type: 'focusTable' })
  }

  showKeys(): void {
    this.panel?.post({ type: 'showKeys' })
  }

  /** Picks the token at a UTF-16 offset and focuses the panel; false if the shown run does not contain it. */
  async pickAt(editor: vscode.TextEditor, offset: number): Promise<boolean> {
    if (!this.link.pickAt(editor.document, offset)) return false
    await this.focus(editor)
    return true
  }

  /** Selects the token in an editor, which is opened if necessary. */
  async selectInEditor(address: TokenAddress): Promise<void> {
    await this.link.show(address, 'select')
  }

  /** Takes over the panel that VS Code restored after a reload. */
  restore(webviewPanel: vscode.WebviewPanel): void {
    this.attach(new Panel(webviewPanel, this.options.extensionUri))
  }

  /** Shows a run, which has its tokens, in place of the previous one. */
  async show(run: Run): Promise<void> {
    this.requests.cancel()
    this.shownRun = run
    // Called before `showRun`, because it resets the document state of the previous run.
    const following = this.link.follow(run, tokenAtCursor(run))
    this.showRun()
    await following
  }

  /** Applies an update to the shown run and sends it to the panel; returns the updated results. */
  update(update: InspectionUpdate): InspectionRun | undefined {
    const updated = this.shownRun?.update(update)
    if (updated !== undefined) this.panel?.post(update)
    this.options.onChange()
    return updated
  }

  /** Removes the notice; without a run the notice says that nothing was inspected. */
  showRun(): void {
    this.notice = this.shownRun === undefined ? NOTHING_INSPECTED : undefined
    this.postAll()
  }

  showNotice(notice: Notice): void {
    this.notice = notice
    this.updateTitle()
    this.panel?.post({ type: 'showNotice', notice })
  }

  /** Shows a failure above the run. */
  report(failure: Failure): void {
    this.showNotice({ kind: 'failed', ...failure })
    this.notifyIfHidden(failure)
  }

  /** Shows the failure in a notification too if the panel, which already shows it, is hidden. */
  notifyIfHidden(failure: Failure): void {
    if (!this.visible) notifyFailure(failure)
  }

  /** Follows a rename or the deletion of the shown document. */
  async follow(move: FileMove): Promise<void> {
    const inspection = this.run?.inspection
    if (inspection === undefined) return
    const documentUri = uriAfterMove(inspection.documentUri, move)
    if (documentUri === inspection.documentUri) return
    if (documentUri !== undefined) {
      const documentName = documentNameOf(vscode.Uri.parse(documentUri, true))
      const renamed = this.update({
        type: 'setDocument',
        inspectionId: inspection.id,
        documentUri,
        documentName,
      })
      this.updateTitle()
      if (renamed !== undefined) void this.options.store.save(renamed)
    }
    await this.link.documentMoved({ deleted: documentUri === undefined })
  }

  sendSettings(): void {
    const { columns, topK } = readSettings()
    this.panel?.post({ type: 'settings', columns, topK })
  }

  sendNativeOffer(): void {
    this.panel?.post({ type: 'setNativeOffer', isOffered: this.options.offersNative() })
  }

  dispose(): void {
    this.panel?.dispose()
    this.link.dispose()
  }

  /** VS Code restores a hidden panel only when it becomes visible; another panel may exist by then and is closed. */
  private attach(panel: Panel): void {
    const before = this.panel
    this.panel = panel
    before?.dispose()
    this.updateTitle()
    panel.onMessage((message) => {
      this.receive(panel, message).catch((error: unknown) => {
        logError(this.options.log, `The panel’s message “${message.type}” failed`, error)
        notifyFailure(describeFailure(error))
      })
    })
    panel.onDispose(() => {
      if (this.panel !== panel) return
      this.panel = undefined
      this.requests.cancel()
      this.link.unmark()
      void unlockEmptyGroup()
      this.options.onClose()
    })
  }

  private async receive(panel: Panel, message: PanelMessage): Promise<void> {
    switch (message.type) {
      case 'ready':
        return this.fillPage(panel, message.inspectionId)
      case 'pickToken':
        if (message.inspectionId === this.run?.inspection.id) await this.link.show(message, message.how)
        return
      case 'requestLogits':
      case 'requestLens':
      case 'cancelLens':
      case 'requestWhy':
      case 'cancelWhy':
      case 'requestFirstToken':
        return this.requests.answer(message)
      case 'setStartToken':
        await writeSetting('startToken', message.startToken)
        return this.options.onRunAgain()
      case 'setTopK':
        return writeSetting('topK', message.topK)
      case 'answerLongRun':
        this.options.onAnswer(message.part)
        return
      case 'dismissNotice':
        this.options.onDismiss()
        return
      case 'storeLayout':
        await this.options.memento.update(LAYOUT_KEY, message.layout)
        return
      case 'runCommand':
        await vscode.commands.executeCommand(`logitscope.${message.command}`)
        return
      case 'copyRow':
        return this.options.onCopyRow(message)
      default:
        assertNever(message)
    }
  }

  /** Sends everything to a page that has just loaded: new, shown again, or restored after a reload of the window. */
  private async fillPage(panel: Panel, restoredId: string | null): Promise<void> {
    this.sendSettings()
    this.sendNativeOffer()
    const layout = this.options.memento.get(LAYOUT_KEY)
    if (isLayout(layout)) panel.post({ type: 'setLayout', layout })
    const isUntouched = () => this.shownRun === undefined && this.notice === NOTHING_INSPECTED
    const saved = isUntouched() && restoredId !== null ? await this.options.store.load(restoredId) : undefined
    const { bytes, offsets } = await this.options.service.vocabulary()
    if (this.panel !== panel) return
    panel.post({ type: 'vocabulary', bytes, offsets })
    this.pageIsFresh = true
    if (saved !== undefined && isUntouched()) {
      const run = Run.restored(saved)
      await this.show(run)
      this.options.onRestore(run)
    } else this.postAll()
    await this.requests.postAll()
  }

  private postAll(): void {
    const { run, notice } = this
    this.updateTitle()
    if (run !== undefined) {
      const { inspection } = run
      const picked = this.link.pickedToken
      const focus = this.pageIsFresh && this.panel?.active === true
      this.panel?.post({ type: 'showInspection', inspection, picked: picked ?? null, focus })
      // A page that has just loaded prefers the token that was picked in it before.
      if (this.pageIsFresh && picked !== undefined)
        this.panel?.post({ type: 'pickFromEditor', inspectionId: inspection.id, ...picked })
      this.pageIsFresh = false
      this.postDocumentState()
    }
    if (notice !== undefined) this.panel?.post({ type: 'showNotice', notice })
  }

  private postDocumentState(): void {
    const { state } = this.link
    this.options.onChange()
    this.postAbout((inspectionId) => ({ type: 'setDocumentState', inspectionId, state }))
  }

  /** Posts a message about the shown run. */
  private postAbout(messageAbout: (inspectionId: string) => HostMessage): void {
    if (this.run !== undefined) this.panel?.post(messageAbout(this.run.inspection.id))
  }

  private updateTitle(): void {
    if (this.panel !== undefined) this.panel.title = tabTitle(this.run?.inspection, this.notice)
  }
}

const NOTHING_INSPECTED: Notice = { kind: 'noInspection' }
/** Key of the places of the splitters in the memento. */
const LAYOUT_KEY = 'panelLayout'
