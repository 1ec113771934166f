// The messages between the extension host and the page of Check My GPT-2.

import type { CheckResult, CheckVerdict, CheckedRow, Defect } from './checkResult'

/** A row of the result with the token of its input, as shown: white space has marks. */
export interface ShownRow extends CheckedRow {
  readonly token: string
}

/** A result, and when its file was checked. */
export interface ShownResult extends Omit<CheckResult, 'rows'> {
  readonly rows: readonly ShownRow[]
  /** Milliseconds since 1970. */
  readonly checkedAt: number
  readonly seconds: number
}

/** A verdict of the history. */
export interface PastVerdict {
  readonly checkedAt: number
  readonly model: string
  readonly verdict: CheckVerdict
  readonly defects: readonly Defect[]
  readonly maxAbsDeltaNats: number
}

/** The state of the watched file. The last result stays visible in all of them. */
export type CheckActivity =
  /** The file does not exist. */
  | { readonly kind: 'waiting' }
  /** The file has changed and may change further. */
  | { readonly kind: 'writing' }
  /** `done` of `total` steps; 0 of 0 while the number is unknown. */
  | { readonly kind: 'checking'; readonly step: string; readonly done: number; readonly total: number }
  /** The last result is that of the file as it is. */
  | { readonly kind: 'watching' }
  /** As `watching`; the next write is compared with this version of the file, as a second run of the same code. */
  | { readonly kind: 'awaitingRun' }
  | { readonly kind: 'cancelled' }
  /** The check failed; `actions` are what the user can do, the most promising one first. */
  | {
      readonly kind: 'failed'
      readonly message: string
      readonly actions: readonly CheckAction[]
      /** The code that the action `copyConversion` copies. */
      readonly conversion?: string
    }

/** The actions of the page's buttons. */
export const CHECK_ACTIONS = [
  'cancel',
  'checkAgain',
  'chooseFile',
  'chooseText',
  'compareRuns',
  'copySnippet',
  'copyConversion',
  'downloadReference',
  'newCheck',
  'saveEmbeddedModel',
  'showLog',
] as const
export type CheckAction = (typeof CHECK_ACTIONS)[number]

/** Everything that the page shows. */
export interface ShownCheck {
  /** Path of the file, in the workspace if it is there. */
  readonly fileName: string
  /** The text that the file's logits are of; null if the file itself has the ids. */
  readonly text: string | null
  readonly activity: CheckActivity
  /** Why another reference model may fit better, and that gpt2 can be downloaded; null if there is no reason. */
  readonly offer: string | null
  readonly result: ShownResult | null
  /** Newest first; the first one is `result`. */
  readonly history: readonly PastVerdict[]
}

// ───────────── host → page

export interface ShowCheckMessage {
  readonly type: 'showCheck'
  readonly check: ShownCheck
}

/** Sets the activity alone, because it changes often while a check runs. */
export interface SetActivityMessage {
  readonly type: 'setActivity'
  readonly activity: CheckActivity
}

export type CheckHostMessage = ShowCheckMessage | SetActivityMessage

// ───────────── page → host

/** The page has loaded and must be sent what to show. */
export interface CheckReadyMessage {
  readonly type: 'ready'
}

/** The user has pressed a button. */
export interface CheckActionMessage {
  readonly type: 'act'
  readonly action: CheckAction
}

export type CheckPageMessage = CheckReadyMessage | CheckActionMessage
