import * as vscode from 'vscode'
import {
  type InspectionTarget,
  targetOfRanges,
  visibleTarget,
  wholeRange,
} from '../../../editor/documents/inspectionTarget'
import type { ExpectedModel, PredictionService } from '../../../prediction/windows/predictionService'
import { assertNever } from '../../../shared/assertNever'
import { CancelledError } from '../../../shared/errors'
import { documentNameOf } from '../../../editor/documents/documentName'
import { LOADING, type Preparation } from '../session/preparation'

/** Longer runs of a whole document need an answer of the user. */
const ASK_FROM_SECONDS = 5

export interface LongRunOptions {
  readonly service: PredictionService
  readonly model: ExpectedModel
  readonly startToken: boolean
  /** The editor that the run was requested in. */
  readonly editor: vscode.TextEditor | undefined
}

/**
 * Asks which part of a document to inspect if the whole would take long, before anything but the tokenizer is loaded.
 * Returns the target to inspect, in the text at the time of the answer.
 * @throws CancelledError and what `PredictionService.tokenize` throws
 */
export async function askIfLong(
  preparation: Preparation,
  target: InspectionTarget,
  { service, model, startToken, editor: requestedIn }: LongRunOptions,
): Promise<InspectionTarget> {
  if (!target.wholeDocument) return target
  const { document, text } = target
  preparation.note('Tokenizing the text…')
  const { tokenIds } = await service.tokenize(text, { signal: preparation.signal })
  preparation.note(LOADING)
  const seconds = service.estimateSeconds({ from: 0, to: tokenIds.length, startToken }, model)
  if (seconds <= ASK_FROM_SECONDS) return target
  const editor = visibleEditorOf(document, requestedIn)
  const part = await preparation.ask({
    kind: 'longRun',
    documentName: documentNameOf(document.uri),
    tokens: tokenIds.length,
    seconds,
    hasVisiblePart: editor !== undefined,
  })
  switch (part) {
    case 'all':
      return { ...targetOfRanges(document, [wholeRange(document)]), wholeDocument: true }
    case 'visiblePart': {
      // The document may be hidden by now; its editor still knows what was visible.
      const shown = visibleEditorOf(document, requestedIn) ?? editor
      if (shown === undefined) throw new CancelledError()
      return visibleTarget(shown)
    }
    default:
      return assertNever(part)
  }
}

/** The editor that the run was requested in, or another one that shows the document. */
function visibleEditorOf(
  document: vscode.TextDocument,
  editor: vscode.TextEditor | undefined,
): vscode.TextEditor | undefined {
  const { visibleTextEditors } = vscode.window
  const editors = visibleTextEditors.filter((visible) => visible.document === document)
  return editors.find((visible) => visible === editor) ?? editors[0]
}
