// Everything that crosses between the extension host and the panel's webview.
// `position` is a token of the section, and the number of its tokens stands for the `next` row.

import type { Remedy } from './remedies'
import type {
  Distribution,
  Inspection,
  InspectionState,
  ModelInfo,
  PrecisionCostState,
  TokenPrediction,
} from './prediction'

/** Where a row of the panel is: the section's index and the position in it. */
export interface TokenAddress {
  readonly section: number
  readonly position: number
}

// ───────────── host → panel

/** Bytes of every token, to be shown by; comes once, before any inspection. */
export interface VocabularyMessage {
  readonly type: 'vocabulary'
  readonly bytes: Uint8Array
  /** [V + 1]: token t is bytes[offsets[t] … offsets[t + 1]). */
  readonly offsets: Uint32Array
}

/** Show this inspection from now on; it may still be running, or come back from a reload. */
export interface ShowInspectionMessage {
  readonly type: 'showInspection'
  readonly inspection: Inspection
  /** Move the keyboard's focus to the table. */
  readonly focus: boolean
}

/** More predictions of a section, in order, right behind those that were sent. */
export interface AppendPredictionsMessage {
  readonly type: 'appendPredictions'
  readonly inspectionId: string
  readonly section: number
  readonly predictions: readonly TokenPrediction[]
}

/** The section's last row. */
export interface SetNextMessage {
  readonly type: 'setNext'
  readonly inspectionId: string
  readonly section: number
  readonly next: Distribution
}

/** The inspection has ended, in one way or another. */
export interface SetStateMessage {
  readonly type: 'setState'
  readonly inspectionId: string
  readonly state: InspectionState
}

/** Another backend went on with the inspection. */
export interface SetModelMessage {
  readonly type: 'setModel'
  readonly inspectionId: string
  readonly model: ModelInfo
}

/** How the measurement of the precision's cost stands. */
export interface SetPrecisionCostMessage {
  readonly type: 'setPrecisionCost'
  readonly inspectionId: string
  readonly state: PrecisionCostState
}

/** The document is no longer (or again) the one that was inspected. */
export interface SetOutOfDateMessage {
  readonly type: 'setOutOfDate'
  readonly inspectionId: string
  readonly outOfDate: boolean
}

/** There is nothing to inspect, and why. */
export interface ShowEmptyMessage {
  readonly type: 'showEmpty'
  readonly reason: 'noEditor' | 'emptyDocument' | 'noInspection'
}

/** The engine is being made ready; `note` says with what. */
export interface ShowPreparingMessage {
  readonly type: 'showPreparing'
  readonly note: string
}

/** No inspection came to be: a sentence that says what is wrong and what to do. */
export interface ShowFailureMessage {
  readonly type: 'showFailure'
  readonly message: string
  readonly remedies: readonly Remedy[]
}

/** The editor's cursor is at this token: pick it, and send nothing back. */
export interface PickFromEditorMessage extends TokenAddress {
  readonly type: 'pickFromEditor'
  readonly inspectionId: string
}

/** The full row of logits behind a position, asked for by RequestLogitsMessage. */
export interface LogitsMessage extends TokenAddress {
  readonly type: 'logits'
  readonly inspectionId: string
  /** Raw, [50257]. */
  readonly logits: Float32Array
}

/** The row could not be had. */
export interface LogitsFailedMessage extends TokenAddress {
  readonly type: 'logitsFailed'
  readonly inspectionId: string
  readonly message: string
}

/** The user's settings, at the beginning and whenever they change. */
export interface SettingsMessage {
  readonly type: 'settings'
  readonly columns: readonly Column[]
  /** How many alternatives the detail pane lists, 1 to 100. */
  readonly topK: number
}

/** Put the keyboard's focus on the table. */
export interface FocusTableMessage {
  readonly type: 'focusTable'
}

export type HostMessage =
  | VocabularyMessage
  | ShowInspectionMessage
  | AppendPredictionsMessage
  | SetNextMessage
  | SetStateMessage
  | SetModelMessage
  | SetPrecisionCostMessage
  | SetOutOfDateMessage
  | ShowEmptyMessage
  | ShowPreparingMessage
  | ShowFailureMessage
  | PickFromEditorMessage
  | LogitsMessage
  | LogitsFailedMessage
  | SettingsMessage
  | FocusTableMessage

// ───────────── panel → host

/** The panel can receive; after a reload it names the inspection that it showed. */
export interface ReadyMessage {
  readonly type: 'ready'
  readonly inspectionId: string | null
}

/** The user moved to a token: `reveal` marks it in the editor, `select` selects it there and goes to it. */
export interface PickTokenMessage extends TokenAddress {
  readonly type: 'pickToken'
  readonly inspectionId: string
  readonly how: 'reveal' | 'select'
}

/** Asks for the full row of logits behind a position. */
export interface RequestLogitsMessage extends TokenAddress {
  readonly type: 'requestLogits'
  readonly inspectionId: string
}

/** The switch "starts with <|endoftext|>" was turned. */
export interface SetStartTokenMessage {
  readonly type: 'setStartToken'
  readonly startToken: boolean
}

/** How many alternatives the user wants listed, 1 to 100. */
export interface SetTopKMessage {
  readonly type: 'setTopK'
  readonly topK: number
}

/** A button of the panel that stands for a command of the extension. */
export interface RunCommandMessage {
  readonly type: 'runCommand'
  readonly command: PanelCommand
}

/** Copies one row, with model, precision, start token and context. */
export interface CopyRowMessage extends TokenAddress {
  readonly type: 'copyRow'
  readonly inspectionId: string
}

export type PanelMessage =
  | ReadyMessage
  | PickTokenMessage
  | RequestLogitsMessage
  | SetStartTokenMessage
  | SetTopKMessage
  | RunCommandMessage
  | CopyRowMessage

/** What the panel's buttons may run; each is `logitscope.<name>` or VS Code's own. */
export const PANEL_COMMANDS = [
  'cancelInspection',
  'measurePrecisionCost',
  'cancelPrecisionCost',
  'useInt8',
  'runAgain',
  'inspectLogits',
  'openText',
  'chooseColumns',
  'exportResults',
  'showLog',
  'selectModel',
  'useGpt2',
] as const
export type PanelCommand = (typeof PANEL_COMMANDS)[number]

/** Columns of the table, in their order; `position` and `token` are always there. */
export const COLUMNS = [
  'tokenId',
  'logit',
  'logProb',
  'probability',
  'rank',
  'surprisal',
  'entropy',
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

/** The message if it is one that a panel may send, else undefined: a webview's word is untrusted. */
export function parsePanelMessage(value: unknown): PanelMessage | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const message = value as Record<string, unknown>
  const isId = (id: unknown) => typeof id === 'string' && id.length <= 64
  const isIndex = (n: unknown) => Number.isSafeInteger(n) && (n as number) >= 0
  const hasAddress = () => isId(message.inspectionId) && isIndex(message.section) && isIndex(message.position)
  const valid = ((): boolean => {
    switch (message.type) {
      case 'ready':
        return message.inspectionId === null || isId(message.inspectionId)
      case 'pickToken':
        return hasAddress() && (message.how === 'reveal' || message.how === 'select')
      case 'requestLogits':
      case 'copyRow':
        return hasAddress()
      case 'setStartToken':
        return typeof message.startToken === 'boolean'
      case 'setTopK':
        return isIndex(message.topK)
      case 'runCommand':
        return (PANEL_COMMANDS as readonly unknown[]).includes(message.command)
      default:
        return false
    }
  })()
  return valid ? (value as PanelMessage) : undefined
}
