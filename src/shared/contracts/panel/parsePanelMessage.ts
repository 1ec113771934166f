import { isRecord } from '../../isRecord'
import type { PanelCalls } from './panelCalls'
import { PANEL_COMMANDS, type PanelLayout, type PanelMessage } from './protocol'
import type { WhySubject } from './why'

/** Validates a message from the webview, which is untrusted; undefined if it is malformed. */
export function parsePanelMessage(value: unknown): PanelMessage | undefined {
  return isPanelMessage(value) ? value : undefined
}

type Fields = Readonly<Record<string, unknown>>

/** Checks the fields of each type of message. */
const GUARDS: Record<PanelMessage['type'], (message: Fields) => boolean> = {
  ready: ({ inspectionId }) => inspectionId === null || isId(inspectionId),
  pickToken: (message) => hasAddress(message) && (message.how === 'reveal' || message.how === 'select'),
  rpc: ({ message }) => isRecord(message) && (isCall(message) || isCancel(message)),
  setStartToken: ({ startToken }) => typeof startToken === 'boolean',
  setTopK: ({ topK }) => isIndex(topK),
  answerLongRun: ({ part }) => part === 'all' || part === 'visiblePart',
  dismissNotice: () => true,
  storeLayout: ({ layout }) => isLayout(layout),
  runCommand: ({ command }) => PANEL_COMMANDS.some((known) => known === command),
  copyRow: hasAddress,
}

/** Checks the request of each method. */
const REQUEST_GUARDS: Record<keyof PanelCalls, (request: Fields) => boolean> = {
  logits: hasAddress,
  lens: ({ inspectionId, side, section, from, end }) =>
    isId(inspectionId) && isSide(side) && isIndex(section) && isIndex(from) && isIndex(end),
  why: ({ subject, knockedOut }) => isSubject(subject) && isRows(knockedOut),
  firstToken: ({ text }) => typeof text === 'string' && text.length <= MAX_TEXT_LENGTH,
}

function isPanelMessage(value: unknown): value is PanelMessage {
  if (!isRecord(value)) return false
  const { type } = value
  return isMessageType(type) && GUARDS[type](value)
}

function isMessageType(type: unknown): type is PanelMessage['type'] {
  return typeof type === 'string' && Object.hasOwn(GUARDS, type)
}

function isCall({ type, id, method, request }: Fields): boolean {
  return (
    type === 'call' && isIndex(id) && isMethod(method) && isRecord(request) && REQUEST_GUARDS[method](request)
  )
}

function isMethod(method: unknown): method is keyof PanelCalls {
  return typeof method === 'string' && Object.hasOwn(REQUEST_GUARDS, method)
}

/** The page only asks: it answers no calls. */
function isCancel({ type, id }: Fields): boolean {
  return type === 'cancel' && isIndex(id)
}

function hasAddress({ inspectionId, section, position }: Fields): boolean {
  return isId(inspectionId) && isIndex(section) && isIndex(position)
}

/** Used for a message, and for the context of a menu, which the page has made too. */
export function isSubject(subject: unknown): subject is WhySubject {
  return (
    isRecord(subject) &&
    hasAddress(subject) &&
    isSide(subject.side) &&
    isIndex(subject.tokenId) &&
    isContrast(subject.contrast)
  )
}

function isSide(side: unknown): boolean {
  return side === 'shown' || side === 'baseline'
}

function isContrast(contrast: unknown): boolean {
  if (!isRecord(contrast)) return false
  const { kind, tokenId } = contrast
  return kind === 'token' ? isIndex(tokenId) : kind === 'mean' || kind === 'nothing'
}

function isRows(rows: unknown): boolean {
  return Array.isArray(rows) && rows.length <= MAX_ROWS && rows.every(isIndex)
}

/** Used for a layout from the webview, and for one that an older version has stored. */
export function isLayout(value: unknown): value is PanelLayout {
  return isRecord(value) && isPixelsOrNull(value.stripHeight) && isPixelsOrNull(value.detailWidth)
}

function isPixelsOrNull(value: unknown): boolean {
  return value === null || (Number.isFinite(value) && Number(value) >= 0 && Number(value) <= MAX_PIXELS)
}

const MAX_PIXELS = 100_000
const MAX_ID_LENGTH = 64
/** More than any window has. */
const MAX_ROWS = 100_000
/** UTF-16 units; the first token of a text has fewer. */
const MAX_TEXT_LENGTH = 1_000

function isId(value: unknown): boolean {
  return typeof value === 'string' && value.length <= MAX_ID_LENGTH
}

function isIndex(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
