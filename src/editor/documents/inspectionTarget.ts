import * as vscode from 'vscode'
import type { RequestedRange } from '../../prediction/windows/inspectDocument'
import type { TextRange } from '../../shared/contracts/engine/prediction'
import { visiblePart } from './visiblePart'

/** The text to inspect: ranges of a document in its current text. */
export interface InspectionTarget {
  readonly document: vscode.TextDocument
  readonly text: string
  readonly ranges: readonly RequestedRange[]
  /** Nothing was selected, so the only range is the whole document. */
  readonly wholeDocument: boolean
}

/** The selections of an editor in document order, or the whole document if nothing is selected. */
export function targetOfEditor(editor: vscode.TextEditor): InspectionTarget {
  const { document } = editor
  const selected = editor.selections
    .filter((selection) => !selection.isEmpty)
    .map((selection) => offsetsOf(document, selection))
    .sort((a, b) => a.start - b.start)
  if (selected.length > 0) return targetOfRanges(document, selected)
  return { ...targetOfRanges(document, [wholeRange(document)]), wholeDocument: true }
}

/** One range: the part of the document that can be seen in the editor. */
export function visibleTarget({ document, visibleRanges, selection }: vscode.TextEditor): InspectionTarget {
  // Folded text in between has a visible range on each side of it.
  const reported = visibleRanges.reduce((a, b) => a.union(b), visibleRanges[0] ?? selection)
  const firstLine = document.lineAt(reported.start.line)
  const lines = firstLine.range.union(document.lineAt(reported.end.line).rangeIncludingLineBreak)
  const part = visiblePart({
    lines: offsetsOf(document, lines),
    reported: offsetsOf(document, reported),
    cursor: document.offsetAt(selection.active),
  })
  return targetOfRanges(document, [part])
}

export function targetOfRanges(
  document: vscode.TextDocument,
  ranges: readonly TextRange[],
): InspectionTarget {
  return {
    document,
    text: document.getText(),
    ranges: ranges.map((range) => ({ range, lines: linesOf(document, range) })),
    wholeDocument: false,
  }
}

export function wholeRange(document: vscode.TextDocument): TextRange {
  return { start: 0, end: document.getText().length }
}

export function offsetsOf(document: vscode.TextDocument, range: vscode.Range): TextRange {
  return { start: document.offsetAt(range.start), end: document.offsetAt(range.end) }
}

export function rangeOf(document: vscode.TextDocument, { start, end }: TextRange): vscode.Range {
  return new vscode.Range(document.positionAt(start), document.positionAt(end))
}

/** Lines counted from 1. A range that ends at the start of a line does not include that line. */
function linesOf(document: vscode.TextDocument, { start, end }: TextRange): RequestedRange['lines'] {
  const first = document.positionAt(start).line
  const last = document.positionAt(Math.max(start, end - 1)).line
  return { first: first + 1, last: last + 1 }
}
