import * as vscode from 'vscode'
import { documentNameOf } from '../../../../editor/documents/documentName'
import { existingDocument } from '../../../../editor/documents/existingDocument'
import { type InspectionTarget, wholeRange } from '../../../../editor/documents/inspectionTarget'
import { cellOf, codeBefore } from '../../../../editor/documents/notebookCells'
import { digestOf } from '../../../../editor/documents/textDigest'
import type { DocumentRequest } from '../../../../prediction/windows/inspectDocument'
import { assertNever } from '../../../../shared/assertNever'
import type { Inspection } from '../../../../shared/contracts/panel/inspection'
import type { TextRange } from '../../../../shared/contracts/engine/prediction'
import { elementAt } from '../../../../shared/elementAt'
import { BaselineTextError, type TextBaseline } from '../../session/baselines'
import type { RunRequest, ShownRun } from '../../session/sessionState'
import { correspondingRange } from './correspondingRange'

/** The part of the shown side that a request for the baseline's text needs. */
export interface ShownText {
  readonly inspection: Inspection
  /** The inspected ranges in the document's current text, which is the inspected one. */
  readonly target: InspectionTarget
}

type TextPart = Pick<DocumentRequest, 'textBefore' | 'text' | 'ranges' | 'context'>

/** Reads the texts that an inspection is compared with. */
export class BaselineTexts {
  /** The text that the baseline takes from the clipboard, which may have another text by now; undefined until it is read. */
  private clipboard: string | undefined

  /** The next baseline from the clipboard is the text that it has then. */
  forgetClipboard(): void {
    this.clipboard = undefined
  }

  /**
   * The document and ranges of the baseline's side.
   * @throws BaselineTextError
   */
  async requestFor(baseline: TextBaseline, shown: ShownText): Promise<DocumentRequest> {
    const { startToken, topK } = shown.inspection
    const part = await this.partOf(baseline, shown)
    return { id: '', documentUri: '', documentName: '', startToken, topK, ...part }
  }

  private async partOf(baseline: TextBaseline, shown: ShownText): Promise<TextPart> {
    if (baseline.kind === 'context') return inOtherContext(shown)
    switch (baseline.source) {
      case 'saved':
        return savedVersion(shown)
      case 'clipboard':
        return this.withClipboard(shown)
      case 'document':
        return otherDocument(baseline, shown)
      default:
        return assertNever(baseline.source)
    }
  }

  /** The document with the clipboard's text in place of the inspected range. */
  private async withClipboard({
    inspection,
    target: { document, text, ranges },
  }: ShownText): Promise<TextPart> {
    const copied = this.clipboard ?? (await vscode.env.clipboard.readText())
    this.clipboard = copied
    const clipboard = withLineEndsOf(document, copied)
    if (clipboard === '') {
      throw new BaselineTextError('The clipboard has no text. Copy one, then compare with it.')
    }
    const { start, end } = onlyRange(ranges)
    const replaced = text.slice(0, start) + clipboard + text.slice(end)
    return {
      textBefore: codeBefore(document),
      text: replaced,
      ranges: requested({ start, end: start + clipboard.length }),
      context: inspection.context,
    }
  }
}

/** The same ranges with the text before them, or without. */
function inOtherContext({ inspection, target: { document, text, ranges } }: ShownText): TextPart {
  const textBefore = codeBefore(document)
  const hasTextBefore = textBefore !== '' || ranges.some(({ range }) => range.start > 0)
  if (!hasTextBefore) {
    throw new BaselineTextError('No text is before the inspected one. Select a later part of the document.')
  }
  const context = inspection.context === 'document' ? 'selection' : 'document'
  return { textBefore, text, ranges, context }
}

/** The ranges of the version on disk that correspond to the inspected ones. */
async function savedVersion({ inspection, target }: ShownText): Promise<TextPart> {
  const { document, text, ranges, wholeDocument } = target
  const saved = await readSaved(document)
  const corresponding = wholeDocument
    ? requested({ start: 0, end: saved.length })
    : ranges.flatMap(({ range }) => requested(correspondingRange(text, saved, range)))
  if (corresponding.every(({ range: { start, end } }) => start === end)) {
    throw new BaselineTextError('The saved version has none of the inspected text. Inspect more of it.')
  }
  return { textBefore: '', text: saved, ranges: corresponding, context: inspection.context }
}

/** The text of a document's file, with the document's line ends. */
async function readSaved(document: vscode.TextDocument): Promise<string> {
  const { uri, encoding } = document
  const name = documentNameOf(uri)
  if (document.isUntitled) {
    throw new BaselineTextError(`${name} was never saved. Save it, edit it, then compare.`)
  }
  if (cellOf(uri) !== undefined) {
    throw new BaselineTextError(
      'The cell of a notebook has no saved version of its own. Compare with the clipboard.',
    )
  }
  let text: string
  try {
    text = await vscode.workspace.decode(await vscode.workspace.fs.readFile(uri), { encoding })
  } catch (error) {
    throw new BaselineTextError(
      `The saved version of ${name} cannot be read. Save the document, edit it, then compare.`,
      { cause: error },
    )
  }
  if (text === '')
    throw new BaselineTextError(`The saved version of ${name} is empty. Choose another text to compare with.`)
  return withLineEndsOf(document, text)
}

/** The text as it would be in the document, whose lines all end alike. */
function withLineEndsOf({ eol }: vscode.TextDocument, text: string): string {
  return text.replaceAll(/\r\n|\r|\n/g, eol === vscode.EndOfLine.CRLF ? '\r\n' : '\n')
}

/** The whole text of another document. */
async function otherDocument(
  { uri, name }: Extract<TextBaseline, { kind: 'text' }>,
  { inspection, target: { ranges } }: ShownText,
): Promise<TextPart> {
  onlyRange(ranges)
  const document = uri === undefined ? undefined : await existingDocument(uri, { wasDeleted: false })
  if (document === undefined) {
    throw new BaselineTextError(`${name} no longer exists. Choose another text to compare with.`)
  }
  const text = document.getText()
  if (text === '') throw new BaselineTextError(`${name} is empty. Choose another text to compare with.`)
  return {
    textBefore: codeBefore(document),
    text,
    ranges: requested(wholeRange(document)),
    context: inspection.context,
  }
}

function onlyRange(ranges: InspectionTarget['ranges']): TextRange {
  if (ranges.length > 1) {
    throw new BaselineTextError(
      `Another text is compared with one range, and ${ranges.length} are inspected. Inspect one of them.`,
    )
  }
  return elementAt(ranges, 0).range
}

function requested(range: TextRange): DocumentRequest['ranges'] {
  // No one sees the lines of the baseline's side.
  return [{ range, lines: { first: 1, last: 1 } }]
}

/**
 * The shown side of a run of a document that still has the inspected text.
 * @throws DocumentMissingError, BaselineTextError
 */
export async function shownText({ request, run }: ShownRun): Promise<ShownText> {
  const target = await currentTarget(request)
  if (digestOf(target.text) !== run.textDigest) {
    throw new BaselineTextError(
      'The inspected document was edited. Compare again to inspect its current text.',
    )
  }
  return { inspection: run.inspection, target }
}

/** Whether the document has another text by now. */
export async function wasEdited({ request, run }: ShownRun): Promise<boolean> {
  try {
    const { text } = await currentTarget(request)
    return digestOf(text) !== run.textDigest
  } catch {
    return false
  }
}

/**
 * The inspected parts of a document in its current text.
 * @throws DocumentMissingError, BaselineTextError
 */
export async function currentTarget({ subject }: RunRequest): Promise<InspectionTarget> {
  if (subject.kind === 'document') return subject.target.current()
  throw new BaselineTextError('A completion can be compared only with another model.')
}
