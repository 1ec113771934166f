import * as vscode from 'vscode'
import { readSettings, writeSetting } from '../../editor/settings'
import { type Log, logError } from '../../editor/log'
import { describeFailure, type Failure } from '../../prediction/failureText'
import type { PredictionService } from '../../prediction/predictionService'
import { assertNever } from '../../shared/assertNever'
import { type InspectionUpdate, updateInspection } from '../../shared/contracts/inspectionUpdate'
import type { Inspection } from '../../shared/contracts/prediction'
import type { HostMessage, PanelMessage, RequestLogitsMessage } from '../../shared/contracts/protocol'
import { plainMessage } from '../../shared/text/plainMessage'
import { REMEDY_LABELS } from '../../shared/contracts/remedies'
import { EditorLink } from './editorLink'
import type { InspectionRun } from './inspectionRun'
import type { InspectionStore } from './inspectionStore'
import { Panel } from './panel'

export interface InspectionPanelOptions {
  readonly extensionUri: vscode.Uri
  readonly service: PredictionService
  readonly store: InspectionStore
  readonly log: Log
  /** The panel's switch has changed how the text is to be inspected. */
  readonly onRunAgain: () => Promise<void>
  /** A run has come back after a reload of the window. */
  readonly onRestore: (run: InspectionRun) => void
  readonly onClose: () => void
}

/** The one owner of what is shown: a run, or a notice in its place, and the panel and editors that show it. */
export class InspectionPanel implements vscode.Disposable {
  private readonly link: EditorLink
  private panel: Panel | undefined
  private shownRun: InspectionRun | undefined
  /** Shown instead of the run: none yet, getting ready, or why there is none. */
  private notice: HostMessage | undefined = { type: 'showEmpty', reason: 'noInspection' }
  /** The page has come to life and shown no inspection yet: that one takes the keyboard's focus. */
  private pageIsFresh = false

  constructor(private readonly parts: InspectionPanelOptions) {
    this.link = new EditorLink({
      onCursor: (address) => {
        if (this.shownRun === undefined || this.notice !== undefined) return
        this.panel?.post({ type: 'pickFromEditor', inspectionId: this.shownRun.inspection.id, ...address })
      },
      onOutOfDate: () => {
        this.postOutOfDate()
      },
    })
  }

  /** The run that is shown, or was before the notice; complete or not. */
  get run(): InspectionRun | undefined {
    return this.shownRun
  }

  /** Somebody may be looking at it. */
  get visible(): boolean {
    return this.panel?.visible === true
  }

  /** Something else stands in the run’s place. */
  get showsNotice(): boolean {
    return this.notice !== undefined
  }

  /** Opens the panel, with the keyboard's focus; where it is open already, that stays where it is. */
  open(): void {
    if (this.panel === undefined) this.attach(Panel.open(this.parts.extensionUri))
    else this.panel.showBeside()
  }

  focus(): void {
    this.open()
    this.panel?.focus()
    this.panel?.post({ type: 'focusTable' })
  }

  /** Picks the token at `offset`, with the keyboard's focus; false where the shown run does not have it. */
  pickAt(document: vscode.TextDocument, offset: number): boolean {
    if (this.showsNotice || !this.link.pickAt(document, offset)) return false
    this.focus()
    return true
  }

  /** Takes over the panel that VS Code has brought back after a reload. */
  restore(webviewPanel: vscode.WebviewPanel): void {
    this.attach(new Panel(webviewPanel, this.parts.extensionUri))
  }

  /** Shows another run from now on. */
  async show(run: InspectionRun): Promise<void> {
    this.shownRun = run
    // Before it is shown: what stood there before may be out of date, this one is not.
    const following = this.link.follow(run)
    this.showRun()
    await Promise.all([following, this.updateContext()])
  }

  /** Goes on with the shown run, here and in the panel; gives back what it is now. */
  update(update: InspectionUpdate): InspectionRun | undefined {
    if (this.shownRun === undefined) return undefined
    this.shownRun = { ...this.shownRun, inspection: updateInspection(this.shownRun.inspection, update) }
    this.panel?.post(update)
    return this.shownRun
  }

  /** Back to the run, or to nothing where there is none. */
  showRun(): void {
    this.notice = this.shownRun === undefined ? { type: 'showEmpty', reason: 'noInspection' } : undefined
    this.postAll()
  }

  showNotice(notice: HostMessage): void {
    this.notice = notice
    this.panel?.post(notice)
  }

  /** Says why there is nothing to show. */
  report(failure: Failure): void {
    this.showNotice({ type: 'showFailure', ...failure })
    this.notifyWhereHidden(failure)
  }

  /** Messages stand in the panel; only where that is out of sight there is a notification. */
  notifyWhereHidden(failure: Failure): void {
    if (!this.visible) this.notify(failure)
  }

  private notify({ message, remedies }: Failure): void {
    const commands = [
      ...remedies.map((remedy) => ({ label: REMEDY_LABELS[remedy], command: remedy })),
      { label: 'Show Log', command: 'showLog' },
    ]
    void vscode.window
      .showErrorMessage(plainMessage(`Logitscope: ${message}`), ...commands.map(({ label }) => label))
      .then((answer) => {
        const chosen = commands.find(({ label }) => label === answer)
        if (chosen !== undefined) void vscode.commands.executeCommand(`logitscope.${chosen.command}`)
      })
  }

  sendSettings(): void {
    const { columns, topK } = readSettings()
    this.panel?.post({ type: 'settings', columns, topK })
  }

  dispose(): void {
    this.panel?.dispose()
    this.link.dispose()
  }

  /** VS Code brings a hidden panel back only when it is looked at: by then there may be another. */
  private attach(panel: Panel): void {
    const before = this.panel
    this.panel = panel
    before?.dispose()
    panel.onMessage((message) => {
      this.receive(panel, message).catch((error: unknown) => {
        logError(this.parts.log, `The panel’s message “${message.type}” failed`, error)
        this.notify(describeFailure(error))
      })
    })
    panel.onDispose(() => {
      if (this.panel !== panel) return
      this.panel = undefined
      this.link.unmark()
      this.parts.onClose()
    })
  }

  private async receive(panel: Panel, message: PanelMessage): Promise<void> {
    switch (message.type) {
      case 'ready':
        return this.fillPage(panel, message.inspectionId)
      case 'pickToken':
        if (message.inspectionId === this.shownRun?.inspection.id) await this.link.show(message, message.how)
        return
      case 'requestLogits':
        return this.sendLogits(message)
      case 'setStartToken':
        await writeSetting('startToken', message.startToken)
        return this.parts.onRunAgain()
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

  /** A page has come to life: for the first time, after it was hidden, or after a reload of the window. */
  private async fillPage(panel: Panel, restoredId: string | null): Promise<void> {
    this.sendSettings()
    const isUntouched = () => this.shownRun === undefined && this.notice?.type === 'showEmpty'
    const restored =
      isUntouched() && restoredId !== null ? await this.parts.store.load(restoredId) : undefined
    const { bytes, offsets } = await this.parts.service.vocabulary()
    if (this.panel !== panel) return
    panel.post({ type: 'vocabulary', bytes, offsets })
    this.pageIsFresh = true
    if (restored !== undefined && isUntouched()) {
      this.parts.onRestore(restored)
      await this.show(restored)
    } else this.postAll()
  }

  private postAll(): void {
    if (this.notice !== undefined) {
      this.panel?.post(this.notice)
    } else if (this.shownRun !== undefined) {
      const { inspection } = this.shownRun
      const focus = this.pageIsFresh && this.panel?.active === true
      const picked = this.pageIsFresh ? this.link.pickedToken : undefined
      this.pageIsFresh = false
      if (this.panel !== undefined) this.panel.title = titleOf(inspection)
      this.panel?.post({ type: 'showInspection', inspection, focus })
      // What was picked in the editor before the page came to life has not reached it.
      if (picked !== undefined)
        this.panel?.post({ type: 'pickFromEditor', inspectionId: inspection.id, ...picked })
      this.postOutOfDate()
    }
  }

  private postOutOfDate(): void {
    if (this.shownRun === undefined || this.notice !== undefined) return
    const { outOfDate } = this.link
    this.panel?.post({ type: 'setOutOfDate', inspectionId: this.shownRun.inspection.id, outOfDate })
  }

  private async sendLogits({ inspectionId, section, position }: RequestLogitsMessage): Promise<void> {
    const run = this.shownRun
    const sequence = run?.sequences.at(section)
    if (run?.inspection.id !== inspectionId || sequence === undefined) return
    const { tokenIds, from, to } = sequence
    const address = { inspectionId, section, position }
    try {
      const { startToken, model } = run.inspection
      const logits = await this.parts.service.logits({
        tokenIds,
        to,
        startToken,
        model,
        token: from + position,
      })
      this.panel?.post({ type: 'logits', ...address, logits })
    } catch (error) {
      const message = logError(this.parts.log, 'A row of logits could not be had', error)
      this.panel?.post({ type: 'logitsFailed', ...address, message })
    }
  }

  private async updateContext(): Promise<void> {
    await vscode.commands.executeCommand('setContext', 'logitscope.hasResults', this.shownRun !== undefined)
  }
}

/** `Logits: main.py` · `Completion: main.py` */
function titleOf({ documentName, generation }: Inspection): string {
  const what = generation === undefined ? 'Logits' : 'Completion'
  return `${what}: ${documentName.slice(documentName.lastIndexOf('/') + 1)}`
}
