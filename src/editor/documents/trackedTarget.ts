import * as vscode from 'vscode'
import type { TextRange } from '../../shared/contracts/engine/prediction'
import { LogitscopeError } from '../../shared/errors'
import { existingDocument } from './existingDocument'
import { type InspectionTarget, targetOfRanges, wholeRange } from './inspectionTarget'
import { digestOf } from './textDigest'
import { trackRanges } from './trackedRanges'
import { type FileMove, uriAfterMove } from './uriAfterMove'

/** The document was deleted, or its text cannot be opened. */
export class DocumentMissingError extends LogitscopeError {
  constructor() {
    super('The inspected document no longer exists. Open another text and inspect it.')
  }
}

/** The inspected parts of a document; offsets refer to its text at the time of the inspection. */
export interface TrackedOptions {
  readonly documentUri: string
  readonly ranges: readonly TextRange[]
  /** Nothing was selected, so the target is the whole document, including text added since. */
  readonly wholeDocument: boolean
  readonly textDigest: string
}

/** Tracks the ranges of a target during edits, renames and deletion, so that Run Again inspects the same parts. */
export class TrackedTarget implements vscode.Disposable {
  private documentUri: string
  private wasDeleted = false
  private ranges: readonly TextRange[]
  private readonly subscription: vscode.Disposable

  constructor(readonly options: TrackedOptions) {
    this.documentUri = options.documentUri
    this.ranges = options.ranges
    this.subscription = vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (document.uri.toString() === this.documentUri) this.ranges = trackRanges(this.ranges, contentChanges)
    })
  }

  /** URI of the document, the new one after a rename. */
  get uri(): string {
    return this.documentUri
  }

  follow(move: FileMove): void {
    const uri = uriAfterMove(this.documentUri, move)
    this.wasDeleted ||= uri === undefined
    this.documentUri = uri ?? this.documentUri
  }

  /**
   * The target in the current text.
   * @throws DocumentMissingError
   */
  async current(): Promise<InspectionTarget> {
    const document = await existingDocument(this.documentUri, { wasDeleted: this.wasDeleted })
    if (document === undefined) throw new DocumentMissingError()
    const { ranges, wholeDocument, textDigest } = this.options
    if (wholeDocument) return { ...targetOfRanges(document, [wholeRange(document)]), wholeDocument }
    // After a cut and an undo the text is in its old place, but the tracked range stays empty.
    const unchanged = digestOf(document.getText()) === textDigest
    return targetOfRanges(document, unchanged ? ranges : this.ranges)
  }

  dispose(): void {
    this.subscription.dispose()
  }
}
