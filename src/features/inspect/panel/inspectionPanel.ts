import * as vscode from 'vscode'
import { type Log, logError } from '../../../editor/log'
import { readSettings, writeSetting } from '../../../editor/settings'
import { describeFailure } from '../../../prediction/failureText'
import type { PredictionService } from '../../../prediction/windows/predictionService'
import { assertNever } from '../../../shared/assertNever'
import { encodeLensRows } from '../../../shared/contracts/panel/lensRows'
import { isLayout } from '../../../shared/contracts/panel/parsePanelMessage'
import type { HostMessage, PanelMessage } from '../../../shared/contracts/panel/protocol'
import { delay } from '../../../shared/delay'
import { Emitter } from '../../../shared/emitter'
import type { InspectionSession } from '../session/inspectionSession'
import type { SessionUpdate } from '../session/sessionState'
import { answerCalls, PageCalls } from './answerCalls'
import type { EditorLink } from './editorLink'
import { notifyFailure } from './failureNotification'
import { noticeOf } from './notice'
import { Panel } from './panel'
import { unlockEmptyGroup } from './panelPlace'
import { tabTitle } from './panelTitle'

export interface InspectionPanelOptions {
  readonly session: InspectionSession
  readonly link: EditorLink
  readonly extensionUri: vscode.Uri
  /** Stores the places of the splitters, for every window of the user. */
  readonly memento: vscode.Memento
  readonly service: Pick<PredictionService, 'vocabulary'>
  readonly log: Log
  /** Whether to offer the installation of Logitscope Native. */
  readonly offersNative: () => boolean
  /** Shows the inspection that the page showed before a reload of the window, if it is stored. */
  readonly restore: (inspectionId: string) => Promise<void>
}

/** The view of a session in a tab beside the editor: sends its updates to the page and the page's actions to the session. */
export class InspectionPanel implements vscode.Disposable {
  private readonly openings = new Emitter<void>()
  readonly onDidOpenOrClose = this.openings.event
  private panel: Panel | undefined
  private opening: Promise<void> | undefined
  /** The page has loaded and not shown an inspection yet; the first one takes the keyboard focus. */
  private pageIsFresh = false
  private readonly calls: PageCalls
  private readonly subscriptions: vscode.Disposable[]

  constructor(private readonly options: InspectionPanelOptions) {
    const { session, link, log } = options
    this.calls = new PageCalls(
      answerCalls(session.explanations, { log, inspection: () => session.run?.inspection }),
      (message) => this.panel?.post({ type: 'rpc', message }),
    )
    this.subscriptions = [
      session.onDidUpdate((update) => {
        this.show(update)
      }),
      link.onDidPick((address) => {
        this.postAbout((inspectionId) => ({ type: 'pickFromEditor', inspectionId, ...address }))
      }),
      link.onDidChangeState(() => {
        this.postDocumentState()
      }),
    ]
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
    if (!this.options.link.pickAt(editor.document, offset)) return false
    await this.focus(editor)
    return true
  }

  /** Takes over the panel that VS Code restored after a reload. */
  restore(webviewPanel: vscode.WebviewPanel): void {
    this.attach(new Panel(webviewPanel, this.options.extensionUri))
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
    for (const subscription of this.subscriptions) subscription.dispose()
  }

  private show(update: SessionUpdate): void {
    const { session } = this.options
    if (update.type === 'explain') return
    if (update.type === 'show') this.postAll()
    else if (update.type === 'request') this.showNotice()
    else this.panel?.post(update)
    if (update.type === 'setDocument') this.updateTitle()
    const { requested } = session
    // The panel shows the failure itself if it is visible.
    if (this.visible) return
    if (update.type === 'setState' && update.state.kind === 'failed') notifyFailure(update.state)
    if (update.type === 'request' && requested.kind === 'failed') notifyFailure(requested.failure)
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
      this.calls.end()
      this.options.session.close()
      this.options.link.unmark()
      void unlockEmptyGroup()
      this.openings.fire()
    })
    this.openings.fire()
  }

  private async receive(panel: Panel, message: PanelMessage): Promise<void> {
    const { session, link, memento } = this.options
    switch (message.type) {
      case 'ready':
        return this.fillPage(panel, message.inspectionId)
      case 'pickToken':
        if (message.inspectionId === session.run?.inspection.id) await link.show(message, message.how)
        return
      case 'rpc':
        this.calls.receive(message.message)
        return
      case 'setStartToken':
        await writeSetting('startToken', message.startToken)
        await vscode.commands.executeCommand('logitscope.runAgain')
        return
      case 'setTopK':
        return writeSetting('topK', message.topK)
      case 'answerLongRun':
        // A second click arrives after the question was answered.
        if (session.requested.kind === 'asking') session.answer(message.part)
        return
      case 'dismissNotice':
        session.giveUp()
        return
      case 'storeLayout':
        await memento.update(LAYOUT_KEY, message.layout)
        return
      case 'runCommand':
        await vscode.commands.executeCommand(`logitscope.${message.command}`)
        return
      case 'copyRow':
        await vscode.commands.executeCommand('logitscope.copyRow', message)
        return
      default:
        assertNever(message)
    }
  }

  /** Sends everything to a page that has just loaded: new, shown again, or restored after a reload of the window. */
  private async fillPage(panel: Panel, restoredId: string | null): Promise<void> {
    const { memento, service, restore } = this.options
    this.calls.start()
    this.sendSettings()
    this.sendNativeOffer()
    const layout = memento.get(LAYOUT_KEY)
    if (isLayout(layout)) panel.post({ type: 'setLayout', layout })
    const { bytes, offsets } = await service.vocabulary()
    if (this.panel !== panel) return
    panel.post({ type: 'vocabulary', bytes, offsets })
    this.pageIsFresh = true
    if (restoredId !== null) await restore(restoredId)
    if (this.pageIsFresh) this.postAll()
    await this.postLens()
  }

  private postAll(): void {
    const { session, link } = this.options
    const { run } = session
    this.updateTitle()
    if (run !== undefined) {
      const { inspection } = run
      const picked = link.pickedToken
      const focus = this.pageIsFresh && this.panel?.active === true
      this.panel?.post({ type: 'showInspection', inspection, picked: picked ?? null, focus })
      // A page that has just loaded prefers the token that was picked in it before.
      if (this.pageIsFresh && picked !== undefined)
        this.panel?.post({ type: 'pickFromEditor', inspectionId: inspection.id, ...picked })
      this.pageIsFresh = false
      this.postDocumentState()
    }
    this.postNotice()
  }

  /** Shows the notice about the request; without one, the run that it was shown above. */
  private showNotice(): void {
    if (noticeOf(this.options.session) === undefined) return this.postAll()
    this.updateTitle()
    this.postNotice()
  }

  private postNotice(): void {
    const notice = noticeOf(this.options.session)
    if (notice !== undefined) this.panel?.post({ type: 'showNotice', notice })
  }

  /** Posts the computed rows of the lens block by block, so that no turn is long. */
  private async postLens(): Promise<void> {
    const { run } = this.options.session
    if (run === undefined) return
    for (const { section, position, rows } of run.lens.ranges()) {
      this.panel?.post({
        type: 'lensRows',
        inspectionId: run.inspection.id,
        side: 'shown',
        section,
        position,
        rows: encodeLensRows(rows),
      })
      await delay(0)
    }
  }

  private postDocumentState(): void {
    const { state } = this.options.link
    this.postAbout((inspectionId) => ({ type: 'setDocumentState', inspectionId, state }))
  }

  /** Posts a message about the shown run. */
  private postAbout(messageAbout: (inspectionId: string) => HostMessage): void {
    const { run } = this.options.session
    if (run !== undefined) this.panel?.post(messageAbout(run.inspection.id))
  }

  private updateTitle(): void {
    const { session } = this.options
    if (this.panel !== undefined) this.panel.title = tabTitle(session.run?.inspection, noticeOf(session))
  }
}

/** Key of the places of the splitters in the memento. */
const LAYOUT_KEY = 'panelLayout'
