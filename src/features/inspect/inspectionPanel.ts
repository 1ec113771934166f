import * as vscode from 'vscode'
import { readSettings, writeSetting } from '../../editor/settings'
import { type Log, logError } from '../../editor/log'
import { describeFailure, type Failure } from '../../prediction/failureText'
import type { PredictionService } from '../../prediction/predictionService'
import { assertNever } from '../../shared/assertNever'
import { type InspectionUpdate, updateInspection } from '../../shared/contracts/inspectionUpdate'
import type { Inspection } from '../../shared/contracts/prediction'
import type {
  HostMessage,
  PanelMessage,
  RequestLogitsMessage,
  TokenAddress,
} from '../../shared/contracts/protocol'
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
  /** Called when a control of the panel has changed a setting that affects the results. */
  readonly onRunAgain: () => Promise<void>
  /** Called with a run that was restored after a reload of the window. */
  readonly onRestore: (run: InspectionRun) => void
  readonly onClose: () => void
  /** Copies a row of the shown run. */
  readonly onCopyRow: (address: TokenAddress) => Promise<void>
}

/** Owns what is shown, a run or a notice instead of it, and updates the panel and the editors. */
export class InspectionPanel implements vscode.Disposable {
  private readonly link: EditorLink
  private panel: Panel | undefined
  private shownRun: InspectionRun | undefined
  /** Shown instead of the run: nothing inspected yet, loading, or a failure. */
  private notice: HostMessage | undefined = { type: 'showEmpty', reason: 'noInspection' }
  /** The page has loaded and not shown an inspection yet; the first one takes the keyboard focus. */
  private pageIsFresh = false

  constructor(private readonly options: InspectionPanelOptions) {
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

  /** The shown run, or the last one while a notice is shown; complete or not. */
  get run(): InspectionRun | undefined {
    return this.shownRun
  }

  /** The token that was picked last, in the panel or in the editor; undefined for a completion. */
  get pickedToken(): TokenAddress | undefined {
    return this.link.pickedToken
  }

  /** Whether the panel is in the foreground of its editor group. */
  get visible(): boolean {
    return this.panel?.visible === true
  }

  /** Whether a notice is shown instead of the run. */
  get showsNotice(): boolean {
    return this.notice !== undefined
  }

  /** Opens the panel with the keyboard focus; a panel that is open already is only shown. */
  open(): void {
    if (this.panel === undefined) this.attach(Panel.open(this.options.extensionUri))
    else this.panel.showBeside()
  }

  focus(): void {
    this.open()
    this.panel?.focus()
    this.panel?.post({ type: 'focusTable' })
  }

  /** Picks the token at a UTF-16 offset and focuses the panel; false if the shown run does not contain it. */
  pickAt(document: vscode.TextDocument, offset: number): boolean {
    if (this.showsNotice || !this.link.pickAt(document, offset)) return false
    this.focus()
    return true
  }

  /** Takes over the panel that VS Code restored after a reload. */
  restore(webviewPanel: vscode.WebviewPanel): void {
    this.attach(new Panel(webviewPanel, this.options.extensionUri))
  }

  /** Shows a run in place of the previous one. */
  async show(run: InspectionRun): Promise<void> {
    this.shownRun = run
    // Called before `showRun`, because it resets the out-of-date mark of the previous run.
    const following = this.link.follow(run)
    this.showRun()
    await Promise.all([following, this.updateContext()])
  }

  /** Applies an update to the shown run and sends it to the panel; returns the updated run. */
  update(update: InspectionUpdate): InspectionRun | undefined {
    if (this.shownRun === undefined) return undefined
    this.shownRun = { ...this.shownRun, inspection: updateInspection(this.shownRun.inspection, update) }
    this.panel?.post(update)
    return this.shownRun
  }

  /** Replaces the notice by the run, or by the empty notice if nothing was inspected. */
  showRun(): void {
    this.notice = this.shownRun === undefined ? { type: 'showEmpty', reason: 'noInspection' } : undefined
    this.postAll()
  }

  showNotice(notice: HostMessage): void {
    this.notice = notice
    this.panel?.post(notice)
  }

  /** Shows a failure instead of the run. */
  report(failure: Failure): void {
    this.showNotice({ type: 'showFailure', ...failure })
    this.notifyIfHidden(failure)
  }

  /** Shows the failure in a notification too if the panel, which already shows it, is hidden. */
  notifyIfHidden(failure: Failure): void {
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

  /** VS Code restores a hidden panel only when it becomes visible; another panel may exist by then and is closed. */
  private attach(panel: Panel): void {
    const before = this.panel
    this.panel = panel
    before?.dispose()
    panel.onMessage((message) => {
      this.receive(panel, message).catch((error: unknown) => {
        logError(this.options.log, `The panel’s message “${message.type}” failed`, error)
        this.notify(describeFailure(error))
      })
    })
    panel.onDispose(() => {
      if (this.panel !== panel) return
      this.panel = undefined
      this.link.unmark()
      this.options.onClose()
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
        return this.options.onRunAgain()
      case 'setTopK':
        return writeSetting('topK', message.topK)
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
    const isUntouched = () => this.shownRun === undefined && this.notice?.type === 'showEmpty'
    const restored =
      isUntouched() && restoredId !== null ? await this.options.store.load(restoredId) : undefined
    const { bytes, offsets } = await this.options.service.vocabulary()
    if (this.panel !== panel) return
    panel.post({ type: 'vocabulary', bytes, offsets })
    this.pageIsFresh = true
    if (restored !== undefined && isUntouched()) {
      this.options.onRestore(restored)
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
      // The page has not received a token that was picked before it loaded.
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
      const logits = await this.options.service.logits({
        tokenIds,
        to,
        startToken,
        model,
        token: from + position,
      })
      this.panel?.post({ type: 'logits', ...address, logits })
    } catch (error) {
      const message = logError(this.options.log, 'Loading the row of logits failed', error)
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
