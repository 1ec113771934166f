// The messages between the extension host and the panel's webview.

import { isRecord } from '../isRecord'
import type {
  Distribution,
  Inspection,
  InspectionState,
  ModelInfo,
  PrecisionCostState,
  TokenPrediction,
} from './prediction'
import type { Remedy } from './remedies'

/** The address of a row in the panel. */
export interface TokenAddress {
  /** Index of the section. */
  readonly section: number
  /** Index of the token in the section; the section's number of tokens is the address of the `next` row. */
  readonly position: number
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
  /** Whether the table takes the keyboard focus. */
  readonly focus: boolean
}

/** Appends predictions to those that a section already has. */
export interface AppendPredictionsMessage {
  readonly type: 'appendPredictions'
  readonly inspectionId: string
  readonly section: number
  readonly predictions: readonly TokenPrediction[]
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

/** Sets the state of the measurement of the precision cost. */
export interface SetPrecisionCostMessage {
  readonly type: 'setPrecisionCost'
  readonly inspectionId: string
  readonly state: PrecisionCostState
}

/** Reports whether the document has changed since the inspection. */
export interface SetOutOfDateMessage {
  readonly type: 'setOutOfDate'
  readonly inspectionId: string
  readonly outOfDate: boolean
}

/** Shows why there is nothing to inspect. */
export interface ShowEmptyMessage {
  readonly type: 'showEmpty'
  readonly reason: 'noEditor' | 'emptyDocument' | 'noInspection'
}

/** Shows that the engine is loading; `note` is a sentence that names the model. */
export interface ShowPreparingMessage {
  readonly type: 'showPreparing'
  readonly note: string
}

/** Shows why the inspection could not start. */
export interface ShowFailureMessage {
  readonly type: 'showFailure'
  readonly message: string
  readonly remedies: readonly Remedy[]
}

/** Picks the token at the editor's cursor; the panel does not answer. */
export interface PickFromEditorMessage extends TokenAddress {
  readonly type: 'pickFromEditor'
  readonly inspectionId: string
}

/** Answers RequestLogitsMessage with the full row of logits that a position was predicted from. */
export interface LogitsMessage extends TokenAddress {
  readonly type: 'logits'
  readonly inspectionId: string
  /** [V] Raw. */
  readonly logits: Float32Array
}

/** Answers RequestLogitsMessage with the reason why loading the row failed. */
export interface LogitsFailedMessage extends TokenAddress {
  readonly type: 'logitsFailed'
  readonly inspectionId: string
  readonly message: string
}

/** The user's settings; sent at the start and after every change. */
export interface SettingsMessage {
  readonly type: 'settings'
  readonly columns: readonly Column[]
  /** Number of alternatives in the detail pane, 1 to 100. */
  readonly topK: number
}

/** Moves the keyboard focus to the table. */
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

/** Reports that the panel can receive messages. */
export interface ReadyMessage {
  readonly type: 'ready'
  /** The inspection that the panel showed before a reload. */
  readonly inspectionId: string | null
}

/** The user picked a token: `reveal` marks it in the editor, `select` selects it and moves the focus there. */
export interface PickTokenMessage extends TokenAddress {
  readonly type: 'pickToken'
  readonly inspectionId: string
  readonly how: 'reveal' | 'select'
}

/** Requests the full row of logits that a position was predicted from. */
export interface RequestLogitsMessage extends TokenAddress {
  readonly type: 'requestLogits'
  readonly inspectionId: string
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
  | RequestLogitsMessage
  | SetStartTokenMessage
  | SetTopKMessage
  | RunCommandMessage
  | CopyRowMessage

/** The commands that the panel's buttons run; each is `logitscope.<name>` or a command of VS Code. */
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

/** The optional columns of the table in display order; `position` and `token` are always shown. */
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

/** Validates a message from the webview, which is untrusted; undefined if it is malformed. */
export function parsePanelMessage(value: unknown): PanelMessage | undefined {
  return isPanelMessage(value) ? value : undefined
}

type Fields = Readonly<Record<string, unknown>>

/** Checks the fields of each type of message. */
const GUARDS: Record<PanelMessage['type'], (message: Fields) => boolean> = {
  ready: ({ inspectionId }) => inspectionId === null || isId(inspectionId),
  pickToken: (message) => hasAddress(message) && (message.how === 'reveal' || message.how === 'select'),
  requestLogits: hasAddress,
  setStartToken: ({ startToken }) => typeof startToken === 'boolean',
  setTopK: ({ topK }) => isIndex(topK),
  runCommand: ({ command }) => PANEL_COMMANDS.some((known) => known === command),
  copyRow: hasAddress,
}

function isPanelMessage(value: unknown): value is PanelMessage {
  if (!isRecord(value)) return false
  const { type } = value
  return isMessageType(type) && GUARDS[type](value)
}

function isMessageType(type: unknown): type is PanelMessage['type'] {
  return typeof type === 'string' && Object.hasOwn(GUARDS, type)
}

function hasAddress({ inspectionId, section, position }: Fields): boolean {
  return isId(inspectionId) && isIndex(section) && isIndex(position)
}

const MAX_ID_LENGTH = 64

function isId(value: unknown): boolean {
  return typeof value === 'string' && value.length <= MAX_ID_LENGTH
}

function isIndex(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
