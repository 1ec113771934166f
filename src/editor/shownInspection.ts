import type * as vscode from 'vscode'
import type { Completion } from '../prediction/live/completion'
import type { CompletionPlace } from '../prediction/live/inspectCompletion'
import type { PreparedInspection } from '../prediction/windows/inspectDocument'
import type { TokenAddress } from '../shared/contracts/panel/protocol'
import type { ComparedInspection } from '../shared/text/comparisonText'

/** The panel's inspection as other features see it; the inspect feature implements it. */
export interface ShownInspection {
  /** The shown run with its tokens, complete or not; undefined before the first one. */
  readonly run: PreparedInspection | undefined
  /** The token that was picked last, in the panel or in the editor; undefined for a completion. */
  readonly pickedToken: TokenAddress | undefined
  /** Whether an inspection of the document was started in this window, before or after a reload. */
  hasInspected(document: vscode.TextDocument): boolean
  /** The compared inspection that the open panel shows, if it is of this document and the document still has its text. */
  comparedInspectionOf(document: vscode.TextDocument): ComparedInspection | undefined
  /** Fires when what `comparedInspectionOf` returns has changed. */
  readonly onDidChangeComparison: vscode.Event<void>
  /** Opens the panel with the tokens of a completion. */
  inspectCompletion(completion: Completion, place: CompletionPlace): Promise<void>
}
