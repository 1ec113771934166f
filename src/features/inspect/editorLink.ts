import * as vscode from 'vscode'
import { rangeOf } from '../../editor/inspectionTarget'
import { TokenHighlight } from '../../editor/tokenHighlight'
import { digestOf } from '../../editor/textDigest'
import type { Section, TextRange } from '../../shared/contracts/prediction'
import type { TokenAddress } from '../../shared/contracts/protocol'
import type { InspectionRun } from './inspectionRun'

/** Comparing a large document with the inspected text after every keystroke would slow down typing. */
const OUT_OF_DATE_DEBOUNCE_MS = 150

export interface EditorLinkListener {
  /** Called when the user moves the cursor to another token. */
  onCursor(address: TokenAddress): void
  onOutOfDate(outOfDate: boolean): void
}

/** Connects the shown inspection with the editors of its document: cursor, picked token, edits. */
export class EditorLink implements vscode.Disposable {
  /** Whether the document's text differs from the inspected text. */
  outOfDate = false
  private run: InspectionRun | undefined
  private picked: TokenAddress | undefined
  /** The selection that `show` set last. Its change event is not an action of the user and is ignored. */
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

  /** Follows the run's document in place of the previous one. The tokens of a completion are not in a document. */
  async follow(run: InspectionRun): Promise<void> {
    this.unmark()
    this.run = run.inspection.generation === undefined ? run : undefined
    this.outOfDate = false
    await this.checkOutOfDate()
  }

  /** The run's document, opened again if it was closed; undefined if it no longer exists. */
  private async openDocument(): Promise<vscode.TextDocument | undefined> {
    if (this.run === undefined) return undefined
    try {
      return await vscode.workspace.openTextDocument(vscode.Uri.parse(this.run.inspection.documentUri, true))
    } catch {
      return undefined
    }
  }

  /** Marks the token; `select` also moves the cursor to it. The keyboard focus stays in the panel. */
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

  /** The token that was picked last, in an editor or in the panel. */
  get pickedToken(): TokenAddress | undefined {
    return this.picked
  }

  /** Picks the token at a UTF-16 offset; false if the run is of another text or does not contain the offset. */
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

  /** Picks the token after the cursor. A token that the panel has picked itself is not sent back to it. */
  private followCursor({ textEditor, selections }: vscode.TextEditorSelectionChangeEvent): void {
    if (this.outOfDate || !this.isFollowed(textEditor.document)) return
    const selection = selections.at(0)
    if (selection === undefined || this.selected?.isEqual(selection) === true) return
    const address = this.addressAt(textEditor.document.offsetAt(selection.start))
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

  /** Compares digests, because an undo can restore the inspected text. */
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

  /** The token that contains the UTF-16 offset; at the end of a section, the position of its `next` row. */
  private addressAt(offset: number): TokenAddress | undefined {
    const sections = this.run?.inspection.sections ?? []
    for (const [section, { tokens }] of sections.entries()) {
      const position = tokens.findIndex(({ range }) => range.start <= offset && offset < range.end)
      if (position !== -1) return { section, position }
    }
    for (const [section, { tokens }] of sections.entries())
      if (tokens.at(-1)?.range.end === offset) return { section, position: tokens.length }
    return undefined
  }
}

/** The range of a token, or the empty range after the last one for the position of `next`. */
function rangeAt({ tokens, range }: Section, position: number): TextRange {
  const end = tokens.at(-1)?.range.end ?? range.end
  return tokens.at(position)?.range ?? { start: end, end }
}
