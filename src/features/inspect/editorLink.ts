import * as vscode from 'vscode'
import { rangeOf } from '../../editor/inspectionTarget'
import { TokenHighlight } from '../../editor/tokenHighlight'
import { digestOf } from '../../editor/textDigest'
import type { Section, TextRange } from '../../shared/contracts/prediction'
import type { TokenAddress } from '../../shared/contracts/protocol'
import type { InspectionRun } from './inspectionRun'

/** Reading a large document after every keystroke would be felt. */
const OUT_OF_DATE_DEBOUNCE_MS = 150

export interface EditorLinkListener {
  /** The user has put the cursor on this token. */
  onCursor(address: TokenAddress): void
  onOutOfDate(outOfDate: boolean): void
}

/** Between the shown inspection and the editors of its document: cursor, picked token, edits. */
export class EditorLink implements vscode.Disposable {
  /** The document is not, or no longer, the text that was inspected. */
  outOfDate = false
  private run: InspectionRun | undefined
  private picked: TokenAddress | undefined
  /** The selection that was set here last; it comes back as an event, and is no wish of the user's. */
  private selected: vscode.Range | undefined
  private readonly highlight = new TokenHighlight()
  private outOfDateTimer: NodeJS.Timeout | undefined
  private readonly subscriptions: vscode.Disposable[]

  constructor(private readonly listener: EditorLinkListener) {
    this.subscriptions = [
      this.highlight,
      vscode.workspace.onDidChangeTextDocument((event) => {
        this.followEdits(event)
      }),
      vscode.window.onDidChangeTextEditorSelection((event) => {
        this.followCursor(event)
      }),
    ]
  }

  /** From now on this run's document is followed; the tokens of a completion are in none. */
  async follow(run: InspectionRun): Promise<void> {
    this.unmark()
    this.run = run.inspection.generation === undefined ? run : undefined
    this.outOfDate = false
    await this.checkOutOfDate()
  }

  /** The run's document, opened again where it was closed; undefined where it is gone. */
  private async openDocument(): Promise<vscode.TextDocument | undefined> {
    if (this.run === undefined) return undefined
    try {
      return await vscode.workspace.openTextDocument(vscode.Uri.parse(this.run.inspection.documentUri, true))
    } catch {
      return undefined
    }
  }

  /** Marks the token; to `select` it puts the cursor there as well. The keyboard's focus stays in the panel. */
  async show(address: TokenAddress, how: 'reveal' | 'select'): Promise<void> {
    const section = this.run?.inspection.sections.at(address.section)
    if (section === undefined || this.outOfDate) return
    this.picked = address
    const document = await this.openDocument()
    if (document === undefined) return
    const offsets = rangeAt(section, address.position)
    this.highlight.show(document, offsets)
    if (how === 'reveal') return
    this.selected = rangeOf(document, offsets)
    const shown = vscode.window.visibleTextEditors.find((editor) => editor.document === document)
    await vscode.window.showTextDocument(document, {
      viewColumn: shown?.viewColumn ?? vscode.ViewColumn.One,
      selection: this.selected,
      preserveFocus: true,
    })
  }

  /** The token that was picked last, here or in the panel. */
  get pickedToken(): TokenAddress | undefined {
    return this.picked
  }

  /** Picks the token at `offset` as the cursor would; false where the run is not of the document as it is, or does not reach there. */
  pickAt(document: vscode.TextDocument, offset: number): boolean {
    const address = this.outOfDate || !this.isFollowed(document) ? undefined : this.addressAt(offset)
    const section = address && this.run?.inspection.sections.at(address.section)
    if (address === undefined || section === undefined) return false
    this.picked = address
    this.highlight.show(document, rangeAt(section, address.position))
    this.listener.onCursor(address)
    return true
  }

  unmark(): void {
    this.picked = undefined
    this.highlight.clear()
  }

  dispose(): void {
    clearTimeout(this.outOfDateTimer)
    for (const subscription of this.subscriptions) subscription.dispose()
  }

  /** The cursor picks the token behind it; what the panel has picked itself is not sent back to it. */
  private followCursor({ textEditor, selections }: vscode.TextEditorSelectionChangeEvent): void {
    if (this.outOfDate || !this.isFollowed(textEditor.document)) return
    if (this.selected?.isEqual(selections[0]) === true) return
    const address = this.addressAt(textEditor.document.offsetAt(selections[0].start))
    if (address === undefined) return
    if (address.section === this.picked?.section && address.position === this.picked.position) return
    this.picked = address
    this.highlight.clear()
    this.listener.onCursor(address)
  }

  private followEdits({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    if (contentChanges.length === 0 || !this.isFollowed(document)) return
    this.unmark()
    this.setOutOfDate(true)
    clearTimeout(this.outOfDateTimer)
    this.outOfDateTimer = setTimeout(() => void this.checkOutOfDate(), OUT_OF_DATE_DEBOUNCE_MS)
  }

  /** An undo can bring the inspected text back. */
  private async checkOutOfDate(): Promise<void> {
    const { run } = this
    const document = await this.openDocument()
    if (run === undefined || this.run !== run) return
    this.setOutOfDate(document === undefined || digestOf(document.getText()) !== run.textDigest)
  }

  private setOutOfDate(outOfDate: boolean): void {
    if (outOfDate === this.outOfDate) return
    this.outOfDate = outOfDate
    this.listener.onOutOfDate(outOfDate)
  }

  private isFollowed(document: vscode.TextDocument): boolean {
    return document.uri.toString() === this.run?.inspection.documentUri
  }

  /** The token that holds the character at `offset`; at a section's very end its `next`. */
  private addressAt(offset: number): TokenAddress | undefined {
    const sections = this.run?.inspection.sections ?? []
    for (const [section, { tokens }] of sections.entries()) {
      const position = tokens.findIndex(({ range }) => range.start <= offset && offset < range.end)
      if (position !== -1) return { section, position }
    }
    const section = sections.findIndex(({ tokens }) => tokens.at(-1)?.range.end === offset)
    return section === -1 ? undefined : { section, position: sections[section].tokens.length }
  }
}

/** Of a token, or of the place behind the last one where `next` is. */
function rangeAt({ tokens, range }: Section, position: number): TextRange {
  const end = tokens.at(-1)?.range.end ?? range.end
  return tokens.at(position)?.range ?? { start: end, end }
}
