import * as vscode from 'vscode'
import type { TextRange } from '../shared/contracts/prediction'
import { type InspectionTarget, targetOfRanges, wholeRange } from './inspectionTarget'
import { digestOf } from './textDigest'
import { trackRanges } from './trackedRanges'

/** The inspected parts of a document; offsets refer to its text at the time of the inspection. */
export interface TrackedOptions {
  readonly documentUri: string
  readonly ranges: readonly TextRange[]
  /** Nothing was selected, so the target is the whole document, including text added since. */
  readonly wholeDocument: boolean
  readonly textDigest: string
}

/** Tracks the ranges of a target during edits, so that Run Again inspects the same parts. */
export class TrackedTarget implements vscode.Disposable {
  private ranges: readonly TextRange[]
  private readonly subscription: vscode.Disposable

  constructor(readonly options: TrackedOptions) {
    this.ranges = options.ranges
    this.subscription = vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (document.uri.toString() === options.documentUri)
        this.ranges = trackRanges(this.ranges, contentChanges)
    })
  }

  /** The target in the current text. Rejects if the document cannot be opened. */
  async current(): Promise<InspectionTarget> {
    const { documentUri, ranges, wholeDocument, textDigest } = this.options
    const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(documentUri, true))
    if (wholeDocument) return { ...targetOfRanges(document, [wholeRange(document)]), wholeDocument }
    // After a cut and an undo the text is in its old place, but the tracked range stays empty.
    const unchanged = digestOf(document.getText()) === textDigest
    return targetOfRanges(document, unchanged ? ranges : this.ranges)
  }

  dispose(): void {
    this.subscription.dispose()
  }
}
