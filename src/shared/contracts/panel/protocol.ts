// The messages between the extension host and the panel's webview.

import type { ComparedSection, ComparisonSide, ComparisonState, InspectionComparison } from './comparison'
import type { Inspection, InspectionState } from './inspection'
import type { Distribution, ModelInfo, TokenPrediction } from '../engine/prediction'
import type { List } from '../../list'
import type { Remedy } from '../../remedies'
import type { RpcMessage } from '../../rpc'

/** The address of a row in the panel. */
export interface TokenAddress {
  /** Index of the section. */
  readonly section: number
  /** Index of the token in the section; the section's number of tokens is the address of the `next` row. */
  readonly position: number
}

// ───────────── both directions

/** A call of `PanelCalls`, or a part of its answer. */
export interface CallMessage {
  readonly type: 'rpc'
  readonly message: RpcMessage
}

// ───────────── host → panel

/** The bytes of all tokens of the vocabulary; sent once, before any inspection. */
export interface VocabularyMessage {
  readonly type: 'vocabulary'
  readonly bytes: Uint8Array
  /** [V + 1] The bytes of token t are bytes[offsets[t] … offsets[t + 1]). */
  readonly offsets: Uint32Array
}

/** Shows this inspection, which may still be running or was restored after a reload. */
export interface ShowInspectionMessage {
  readonly type: 'showInspection'
  readonly inspection: Inspection
  /** The token at the editor's cursor; null if the cursor was not placed in the inspected text. */
  readonly picked: TokenAddress | null
  /** Whether the table takes the keyboard focus. */
  readonly focus: boolean
}

/** Appends predictions to those that a section already has. */
export interface AppendPredictionsMessage {
  readonly type: 'appendPredictions'
  readonly inspectionId: string
  readonly section: number
  readonly predictions: List<TokenPrediction>
}

/** Sets the distribution after the section's last token. */
export interface SetNextMessage {
  readonly type: 'setNext'
  readonly inspectionId: string
  readonly section: number
  readonly next: Distribution
}

/** Sets the state of the inspection. */
export interface SetStateMessage {
  readonly type: 'setState'
  readonly inspectionId: string
  readonly state: InspectionState
}

/** Sets the model of the inspection after another backend continued it. */
export interface SetModelMessage {
  readonly type: 'setModel'
  readonly inspectionId: string
  readonly model: ModelInfo
}

/** Starts a comparison of the inspection, in place of the one before, or ends it. */
export interface SetComparisonMessage {
  readonly type: 'setComparison'
  readonly inspectionId: string
  /** Null: the inspection is not compared any more. */
  readonly comparison: InspectionComparison | null
}

/** Sets the state of the comparison. */
export interface SetComparisonStateMessage {
  readonly type: 'setComparisonState'
  readonly inspectionId: string
  readonly state: ComparisonState
  /** The models of both sides, once they are loaded. */
  readonly models?: InspectionComparison['models']
}

/** Appends compared tokens to those that a section already has, and sets what else is given of its comparison. */
export interface AppendComparedMessage
  extends Pick<ComparedSection, 'tokens'>, Partial<Omit<ComparedSection, 'tokens'>> {
  readonly type: 'appendCompared'
  readonly inspectionId: string
  /** Index of the section. */
  readonly section: number
}

/** Sets the document of the inspection after it was renamed or moved. */
export interface SetDocumentMessage {
  readonly type: 'setDocument'
  readonly inspectionId: string
  readonly documentUri: string
  readonly documentName: string
}

/** Compares the document with the inspected text. */
export interface SetDocumentStateMessage {
  readonly type: 'setDocumentState'
  readonly inspectionId: string
  readonly state: DocumentState
}

export type DocumentState = 'unchanged' | 'changed' | 'deleted'

/** Shows a notice until the next `showInspection` or `showNotice`. */
export interface ShowNoticeMessage {
  readonly type: 'showNotice'
  readonly notice: Notice
}

/** The state or failure of a request for an inspection; a page of its own if no inspection is shown. */
export type Notice =
  | { readonly kind: 'noInspection' }
  | { readonly kind: 'noEditor' }
  | { readonly kind: 'emptyDocument'; readonly documentName: string }
  /** The model is loading, or the text is being tokenized; `note` is a sentence. */
  | { readonly kind: 'preparing'; readonly note: string }
  /** Asks which part of a long document to inspect; answered by `answerLongRun` or by the command `cancelInspection`. */
  | {
      readonly kind: 'longRun'
      readonly documentName: string
      readonly tokens: number
      readonly seconds: number
      /** The document is shown in an editor. */
      readonly hasVisiblePart: boolean
    }
  | { readonly kind: 'failed'; readonly message: string; readonly remedies: readonly Remedy[] }

/** Picks the token at the editor's cursor; the panel does not answer. */
export interface PickFromEditorMessage extends TokenAddress {
  readonly type: 'pickFromEditor'
  readonly inspectionId: string
}

/** Adds rows of the logit lens of consecutive positions that were computed before the page was loaded. */
export interface LensRowsMessage {
  readonly type: 'lensRows'
  readonly inspectionId: string
  readonly side: ComparisonSide
  /** Index of the section. */
  readonly section: number
  readonly position: number
  /** The rows in the form of `encodeLensRows`; the first one predicts the token at `position`. */
  readonly rows: Uint8Array
}

/** The user's settings; sent at the start and after every change. */
export interface SettingsMessage {
  readonly type: 'settings'
  readonly columns: readonly Column[]
  /** Number of tokens in the open list of the tab Prediction, 1 to 100. */
  readonly topK: number
}

/** Whether the panel offers to install Logitscope Native; sent at the start and after every change. */
export interface SetNativeOfferMessage {
  readonly type: 'setNativeOffer'
  readonly isOffered: boolean
}

/** Places the splitters where the user has put them; sent once, at the start. */
export interface SetLayoutMessage {
  readonly type: 'setLayout'
  readonly layout: PanelLayout
}

/** Where the user has put the panel's splitters, in pixels; null where the user has not moved them. */
export interface PanelLayout {
  readonly stripHeight: number | null
  readonly detailWidth: number | null
}

/** Moves the keyboard focus to the table. */
export interface FocusTableMessage {
  readonly type: 'focusTable'
}

/** Shows the panel's keyboard shortcuts. */
export interface ShowKeysMessage {
  readonly type: 'showKeys'
}

export type HostMessage =
  | VocabularyMessage
  | ShowInspectionMessage
  | AppendPredictionsMessage
  | SetNextMessage
  | SetStateMessage
  | SetModelMessage
  | SetComparisonMessage
  | SetComparisonStateMessage
  | AppendComparedMessage
  | SetDocumentMessage
  | SetDocumentStateMessage
  | ShowNoticeMessage
  | PickFromEditorMessage
  | LensRowsMessage
  | CallMessage
  | SettingsMessage
  | SetNativeOfferMessage
  | SetLayoutMessage
  | FocusTableMessage
  | ShowKeysMessage

// ───────────── panel → host

/** Reports that the panel can receive messages. */
export interface ReadyMessage {
  readonly type: 'ready'
  /** The inspection that the panel showed before a reload. */
  readonly inspectionId: string | null
}

/** The user picked a token: `reveal` marks it in the editor, `select` also selects it there. */
export interface PickTokenMessage extends TokenAddress {
  readonly type: 'pickToken'
  readonly inspectionId: string
  readonly how: 'reveal' | 'select'
}

/** Turns the start token on or off. */
export interface SetStartTokenMessage {
  readonly type: 'setStartToken'
  readonly startToken: boolean
}

/** Sets the number of listed alternatives, 1 to 100. */
export interface SetTopKMessage {
  readonly type: 'setTopK'
  readonly topK: number
}

/** Answers the notice `longRun`. */
export interface AnswerLongRunMessage {
  readonly type: 'answerLongRun'
  readonly part: 'all' | 'visiblePart'
}

/** Removes the notice above the shown inspection. */
export interface DismissNoticeMessage {
  readonly type: 'dismissNotice'
}

/** Stores the places of the splitters for every panel of this user. */
export interface StoreLayoutMessage {
  readonly type: 'storeLayout'
  readonly layout: PanelLayout
}

/** Runs a command of the extension. */
export interface RunCommandMessage {
  readonly type: 'runCommand'
  readonly command: PanelCommand
}

/** Copies one row together with its model, precision, start token and context. */
export interface CopyRowMessage extends TokenAddress {
  readonly type: 'copyRow'
  readonly inspectionId: string
}

export type PanelMessage =
  | ReadyMessage
  | PickTokenMessage
  | CallMessage
  | SetStartTokenMessage
  | SetTopKMessage
  | AnswerLongRunMessage
  | DismissNoticeMessage
  | StoreLayoutMessage
  | RunCommandMessage
  | CopyRowMessage

/** The commands that the panel's buttons run; each is `logitscope.<name>` or a command of VS Code. */
export const PANEL_COMMANDS = [
  'cancelInspection',
  'measurePrecisionCost',
  'compare',
  'swapComparison',
  'endComparison',
  'cancelComparison',
  'compareAgain',
  'useFp32',
  'useInt8',
  'runAgain',
  'continueInspection',
  'inspectLogits',
  'openText',
  'showLog',
  'selectModel',
  'useGpt2',
  'installNative',
] as const
export type PanelCommand = (typeof PANEL_COMMANDS)[number]

/** The optional columns of the table in display order; `position` and `token` are always shown. */
export const COLUMNS = [
  'tokenId',
  'logit',
  'logProb',
  'probability',
  'rank',
  'surprisal',
  'entropy',
  'depth',
  'alternatives',
] as const
export type Column = (typeof COLUMNS)[number]
export const DEFAULT_COLUMNS: readonly Column[] = [
  'logit',
  'probability',
  'rank',
  'surprisal',
  'entropy',
  'alternatives',
]
