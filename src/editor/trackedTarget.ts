import * as vscode from 'vscode'
import type { TextRange } from '../shared/contracts/prediction'
import { type InspectionTarget, targetOfRanges, wholeRange } from './inspectionTarget'
import { digestOf } from './textDigest'
import { trackRanges } from './trackedRanges'

/** What was asked to be inspected, before and after edits. */
export interface TrackedOptions {
  readonly documentUri: string
  readonly ranges: readonly TextRange[]
  /** Nothing was selected: it is the whole document, however that has grown. */
  readonly wholeDocument: boolean
  readonly textDigest: string
}

/** Follows the ranges of a target through edits, so that Run Again finds what was meant. */
export class TrackedTarget implements vscode.Disposable {
  private ranges: readonly TextRange[]
  private readonly subscription: vscode.Disposable

  constructor(readonly parts: TrackedOptions) {
    this.ranges = parts.ranges
    this.subscription = vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (document.uri.toString() === parts.documentUri)
        this.ranges = trackRanges(this.ranges, contentChanges)
    })
  }

  /** Rejects where the document is gone. */
  async current(): Promise<InspectionTarget> {
    const { documentUri, ranges, wholeDocument, textDigest } = this.parts
    const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(documentUri, true))
    if (wholeDocument) return { ...targetOfRanges(document, [wholeRange(document)]), wholeDocument }
    // What was cut and put back with an undo has its old place again, which no tracking can know.
    const unchanged = digestOf(document.getText()) === textDigest
    return targetOfRanges(document, unchanged ? ranges : this.ranges)
  }

  dispose(): void {
    this.subscription.dispose()
  }
}
