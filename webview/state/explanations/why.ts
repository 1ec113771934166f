// The state of the tab Why: what the user has set, what is requested, and what the host has answered.

import { assertNever } from '../../../src/shared/assertNever'
import type { CallFailure, WhyQuestion } from '../../../src/shared/contracts/panel/panelCalls'
import {
  isSameSubject,
  type WhyAnswer,
  type WhyPart,
  type WhySubject,
  withWhyPart,
} from '../../../src/shared/contracts/panel/why'
import { isRecord } from '../../../src/shared/isRecord'
import type { ShareOrder } from './shares'

/** The user's choices; saved for a reload. */
export interface WhyView {
  readonly order: ShareOrder
  /** The ids of the open rows; they stay open for other tokens. */
  readonly open: readonly string[]
  readonly knockedOut: KnockedOut | null
}

/** Rows of a token's window that no later row attends to. */
export interface KnockedOut extends Pick<WhySubject, 'inspectionId' | 'section' | 'position' | 'side'> {
  /** In ascending order. */
  readonly rows: readonly number[]
}

export const INITIAL_WHY_VIEW: WhyView = { order: 'size', open: [], knockedOut: null }

/** The last question and how far its answer is. */
export interface WhyState {
  readonly view: WhyView
  readonly question: WhyQuestion | null
  readonly progress: WhyProgress
  /** The last answer; of an earlier question until the host has begun to answer. */
  readonly answer: WhyAnswer | null
  /** The text whose first token the user wants to contrast the token with; null without such a request. */
  readonly typed: TypedText | null
}

export interface TypedText {
  readonly text: string
  readonly state: 'requested' | 'failed'
}

export type WhyProgress =
  | { readonly kind: 'running' }
  | { readonly kind: 'done' }
  | { readonly kind: 'cancelled' }
  | ({ readonly kind: 'failed' } & CallFailure)

export function initialWhy(view: WhyView): WhyState {
  return { view, question: null, progress: { kind: 'done' }, answer: null, typed: null }
}

/** The user's actions in the tab, the questions that follow from them, and the answers. */
export type WhyAction =
  | { readonly type: 'setShareOrder'; readonly order: ShareOrder }
  | { readonly type: 'setShareOpen'; readonly id: string; readonly open: boolean }
  | { readonly type: 'setKnockedOut'; readonly knockedOut: KnockedOut }
  | { readonly type: 'askWhy'; readonly question: WhyQuestion }
  | { readonly type: 'cancelAnswer' }
  /** Begins the answer with everything that is known already. */
  | { readonly type: 'setWhy'; readonly answer: WhyAnswer }
  | { readonly type: 'addWhyPart'; readonly subject: WhySubject; readonly part: WhyPart }
  /** The answer is complete, or computing it failed. */
  | { readonly type: 'endWhy'; readonly subject: WhySubject; readonly failure: CallFailure | null }
  | { readonly type: 'askFirstToken'; readonly text: string }
  | FirstTokenAction

/** Ends `askFirstToken`. */
export interface FirstTokenAction {
  readonly type: 'firstToken'
  readonly text: string
  /** Null if the text has no token, or tokenizing failed. */
  readonly tokenId: number | null
}

export function reduceWhy(why: WhyState, event: WhyAction): WhyState {
  const { view, answer, progress } = why
  switch (event.type) {
    case 'setShareOrder':
      return { ...why, view: { ...view, order: event.order } }
    case 'setShareOpen': {
      const others = view.open.filter((id) => id !== event.id)
      return { ...why, view: { ...view, open: event.open ? [...others, event.id] : others } }
    }
    case 'setKnockedOut':
      return { ...why, view: { ...view, knockedOut: event.knockedOut } }
    case 'askWhy':
      return { ...why, question: event.question, progress: { kind: 'running' } }
    case 'cancelAnswer':
      return progress.kind === 'running' ? { ...why, progress: { kind: 'cancelled' } } : why
    case 'setWhy':
      return isAsked(why, event.answer.subject) ? { ...why, answer: event.answer } : why
    case 'addWhyPart': {
      const { subject, part } = event
      const isOfAnswer = answer !== null && isAsked(why, subject) && isSameSubject(answer.subject, subject)
      return isOfAnswer ? { ...why, answer: withWhyPart(answer, part) } : why
    }
    case 'endWhy': {
      const { subject, failure } = event
      if (!isAsked(why, subject)) return why
      return { ...why, progress: failure === null ? { kind: 'done' } : { kind: 'failed', ...failure } }
    }
    case 'askFirstToken':
      return { ...why, typed: { text: event.text, state: 'requested' } }
    case 'firstToken': {
      const { text, tokenId } = event
      if (why.typed?.text !== text) return why
      return { ...why, typed: tokenId === null ? { text, state: 'failed' } : null }
    }
    default:
      return assertNever(event)
  }
}

/** False for an answer to an earlier question. */
function isAsked({ question }: WhyState, subject: WhySubject): boolean {
  return question !== null && isSameSubject(question.subject, subject)
}

export function isSameQuestion(a: WhyQuestion | null, b: WhyQuestion | null): boolean {
  if (a === null || b === null) return a === b
  return isSameSubject(a.subject, b.subject) && a.knockedOut.join() === b.knockedOut.join()
}

/** Validates what an older version may have saved. */
export function parseWhyView(value: unknown): WhyView {
  if (!isRecord(value)) return INITIAL_WHY_VIEW
  const { order, open, knockedOut } = value
  return {
    order: order === 'layer' ? order : 'size',
    open: Array.isArray(open) ? open.filter((id) => typeof id === 'string') : [],
    knockedOut: parseKnockedOut(knockedOut),
  }
}

function parseKnockedOut(value: unknown): KnockedOut | null {
  if (!isRecord(value)) return null
  const { inspectionId, section, position, rows } = value
  if (typeof inspectionId !== 'string' || !isIndex(section) || !isIndex(position)) return null
  const side = value.side === 'baseline' ? value.side : 'shown'
  return Array.isArray(rows) ? { inspectionId, section, position, side, rows: rows.filter(isIndex) } : null
}

function isIndex(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
