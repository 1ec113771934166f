import * as vscode from 'vscode'
import { existingDocument } from '../../../editor/documents/existingDocument'
import { onFileMoved } from '../../../editor/documents/fileMoves'
import { rangeOf } from '../../../editor/documents/inspectionTarget'
import { showInformation } from '../../../editor/ui/notifications'
import { digestOf } from '../../../editor/documents/textDigest'
import { uriAfterMove } from '../../../editor/documents/uriAfterMove'
import { TokenHighlight } from '../../../editor/ui/tokenHighlight'
import type { Section } from '../../../shared/contracts/panel/inspection'
import type { DocumentState, TokenAddress } from '../../../shared/contracts/panel/protocol'
import { Emitter } from '../../../shared/emitter'
import type { InspectionRun } from '../session/inspectionRun'
import type { InspectionSession } from '../session/inspectionSession'
import type { SessionUpdate } from '../session/sessionState'
import { columnOf } from './panelPlace'
import { rangeAt, rowAt, tokenAt } from './tokenPlaces'

/** Comparing a large document with the inspected text after every keystroke would slow down typing. */
const CHECK_DEBOUNCE_MS = 150

/** Connects the shown run with the editors of its document: cursor, picked token, edits, deletion. */
export class EditorLink implements vscode.Disposable {
  private readonly picks = new Emitter<TokenAddress>()
  /** The user has moved the cursor to another token. */
  readonly onDidPick = this.picks.event
  private readonly changes = new Emitter<DocumentState>()
  readonly onDidChangeState = this.changes.event
  private documentState: DocumentState = 'unchanged'
  private picked: TokenAddress | undefined
  /** The selection that `show` set last. Its change event is not an action of the user and is ignored. */
  private selected: vscode.Range | undefined
  private readonly highlight = new TokenHighlight()
  private checkTimer: NodeJS.Timeout | undefined
  private readonly subscriptions: vscode.Disposable[]

  constructor(private readonly session: InspectionSession) {
    const recheck = () => {
      if (this.documentState === 'deleted') void this.check()
    }
    this.subscriptions = [
      this.highlight,
      session.onDidUpdate((update) => {
        if (update.type === 'show') this.follow(update)
        else if (update.type === 'setDocument') void this.check()
      }),
      onFileMoved((move) => {
        const uri = this.inDocument?.inspection.documentUri
        if (uri === undefined || uriAfterMove(uri, move) !== undefined) return
        this.unmark()
        this.become('deleted')
      }),
      vscode.workspace.onDidChangeTextDocument((event) => {
        this.followEdits(event)
      }),
      vscode.window.onDidChangeTextEditorSelection((event) => {
        this.followCursor(event)
      }),
      // An undo of the deletion creates the file again.
      vscode.workspace.onDidCreateFiles(recheck),
      vscode.workspace.onDidOpenTextDocument(recheck),
    ]
  }

  /** How the document compares with the inspected text. */
  get state(): DocumentState {
    return this.documentState
  }

  /** The token that was picked last, in an editor or in the panel. */
  get pickedToken(): TokenAddress | undefined {
    return this.picked
  }

  /** Marks the token; `select` also opens its document and selects it there. The keyboard focus stays in the panel. */
  async show(address: TokenAddress, how: 'reveal' | 'select'): Promise<void> {
    this.picked = address
    const section = this.section(address)
    if (section === undefined) return
    if (this.documentState === 'deleted' && how === 'select') {
      await this.check()
      if (this.documentState === 'deleted') this.sayDeleted()
    }
    if (this.documentState !== 'unchanged') return
    const document = await this.openDocument()
    if (document === undefined) return
    const offsets = rangeAt(section, address.position)
    this.highlight.show(document, offsets)
    if (how === 'reveal') return
    this.selected = rangeOf(document, offsets)
    await vscode.window.showTextDocument(document, {
      viewColumn: columnOf(document),
      selection: this.selected,
      preserveFocus: true,
    })
  }

  /** Picks the token at a UTF-16 offset; false if the run is of another text or does not contain the offset. */
  pickAt(document: vscode.TextDocument, offset: number): boolean {
    const run = this.inDocument
    if (run === undefined || this.documentState !== 'unchanged' || !this.isFollowed(document)) return false
    const address = rowAt(run.inspection.sections, offset)
    const section = address && this.section(address)
    if (address === undefined || section === undefined) return false
    this.picked = address
    this.highlight.show(document, rangeAt(section, address.position))
    this.picks.fire(address)
    return true
  }

  unmark(): void {
    this.picked = undefined
    this.highlight.clear()
  }

  dispose(): void {
    clearTimeout(this.checkTimer)
    for (const subscription of this.subscriptions) subscription.dispose()
  }

  /** Follows the shown run's document in place of the one before. The tokens of a completion are not in a document. */
  private follow({ how, before }: Extract<SessionUpdate, { type: 'show' }>): void {
    const picked = how === 'started' ? this.tokenAtCursor() : undefined
    if (picked !== undefined || !this.hasPicked(before)) {
      this.unmark()
      this.picked = picked
    }
    this.documentState = 'unchanged'
    void this.check()
  }

  /** The token at the cursor when the run was requested. */
  private tokenAtCursor(): TokenAddress | undefined {
    const { shown } = this.session
    if (shown.kind === 'empty' || shown.request.cursor === undefined) return undefined
    return tokenAt(shown.run.inspection.sections, shown.request.cursor)
  }

  /** Picks the token after the cursor. A token that the panel has picked itself is not sent back to it. */
  private followCursor({ textEditor, selections }: vscode.TextEditorSelectionChangeEvent): void {
    if (this.documentState !== 'unchanged' || !this.isFollowed(textEditor.document)) return
    const selection = selections.at(0)
    if (selection === undefined || this.selected?.isEqual(selection) === true) return
    const sections = this.inDocument?.inspection.sections ?? []
    const address = rowAt(sections, textEditor.document.offsetAt(selection.start))
    if (address === undefined) return
    if (address.section === this.picked?.section && address.position === this.picked.position) return
    this.picked = address
    this.highlight.clear()
    this.picks.fire(address)
  }

  private followEdits({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    if (contentChanges.length === 0 || !this.isFollowed(document)) return
    this.unmark()
    if (this.documentState !== 'deleted') this.become('changed')
    clearTimeout(this.checkTimer)
    this.checkTimer = setTimeout(() => void this.check(), CHECK_DEBOUNCE_MS)
  }

  /** Compares digests, because an undo can restore the inspected text. */
  private async check(): Promise<void> {
    const { inDocument } = this
    if (inDocument === undefined) return
    const document = await this.openDocument()
    if (this.inDocument?.inspection.id !== inDocument.inspection.id) return
    if (document === undefined) this.become('deleted')
    else this.become(digestOf(document.getText()) === inDocument.textDigest ? 'unchanged' : 'changed')
  }

  private become(state: DocumentState): void {
    if (state === this.documentState) return
    this.documentState = state
    this.changes.fire(state)
  }

  private sayDeleted(): void {
    const name = this.inDocument?.inspection.documentName ?? ''
    void showInformation(
      `Logitscope: ${name} was deleted. Its tokens can be selected only in an existing file.`,
    )
  }

  /** The run's document, opened again if it was closed; undefined if it does not exist. */
  private async openDocument(): Promise<vscode.TextDocument | undefined> {
    const uri = this.inDocument?.inspection.documentUri
    return uri === undefined
      ? undefined
      : existingDocument(uri, { wasDeleted: this.documentState === 'deleted' })
  }

  /** Whether the shown run is of the same text as the one before and has the picked token. */
  private hasPicked(before: InspectionRun | undefined): boolean {
    const { picked } = this
    const { run } = this.session
    if (picked === undefined || before?.textDigest !== run?.textDigest) return false
    const [old, now] = [before, run].map((part) => part?.inspection.sections[picked.section])
    if (old === undefined || now === undefined) return false
    return rangeAt(old, picked.position).start === rangeAt(now, picked.position).start
  }

  private isFollowed(document: vscode.TextDocument): boolean {
    return document.uri.toString() === this.inDocument?.inspection.documentUri
  }

  private section({ section }: TokenAddress): Section | undefined {
    return this.inDocument?.inspection.sections.at(section)
  }

  /** The shown run, if its tokens are in a document. */
  private get inDocument(): InspectionRun | undefined {
    const { run } = this.session
    return run?.inspection.generation === undefined ? run : undefined
  }
}
