import type * as vscode from 'vscode'
import type { TrackedTarget } from '../../../editor/documents/trackedTarget'
import type { BaselineSide } from '../../../prediction/compare/compareInspection'
import type { Failure } from '../../../prediction/failureText'
import type { PreparedInspection } from '../../../prediction/windows/inspectDocument'
import type { Baseline } from '../../../shared/contracts/panel/comparison'
import type { InspectionUpdate } from '../../../shared/contracts/panel/inspectionUpdate'
import type { AnswerLongRunMessage, Notice } from '../../../shared/contracts/panel/protocol'
import { LogitscopeError } from '../../../shared/errors'
import type { InspectionRun } from './inspectionRun'
import type { Job } from './job'

/** The thing that is inspected: parts of a document, or a completion, which is not part of a document. */
export type Subject =
  | { readonly kind: 'document'; readonly target: TrackedTarget }
  | { readonly kind: 'completion'; readonly completion: PreparedInspection }

export interface RunRequest {
  readonly subject: Subject
  /** The editor that the inspection was requested in. */
  readonly editor?: vscode.TextEditor | undefined
  /** UTF-16 offset in the document whose token the panel picks first; undefined if the panel chooses. */
  readonly cursor?: number | undefined
}

/** The reason why a request has nothing to inspect. */
export type Refusal = Extract<Notice, { kind: 'noEditor' | 'emptyDocument' }>

/** The question whether to inspect the whole of a long document. */
export type LongRunQuestion = Extract<Notice, { kind: 'longRun' }>
export type LongRunPart = AnswerLongRunMessage['part']

/**
 * The request for an inspection whose tokens are not known yet. It takes the place of the shown run when they are; a
 * request that fails or is cancelled before that leaves the shown run as it is.
 */
export type RequestState =
  | { readonly kind: 'none' }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** The text is being tokenized or the model is being loaded; `note` is a sentence that says which. */
  | { readonly kind: 'preparing'; readonly request: RunRequest; readonly job: Job; readonly note: string }
  | {
      readonly kind: 'asking'
      readonly request: RunRequest
      readonly job: Job
      readonly note: string
      readonly question: LongRunQuestion
      readonly answer: (part: LongRunPart) => void
    }
  /** Kept for Run Again. */
  | { readonly kind: 'failed'; readonly request: RunRequest; readonly failure: Failure }

/** The run whose results are shown. */
export type ShownState =
  | { readonly kind: 'empty' }
  | {
      readonly kind: 'running'
      readonly request: RunRequest
      readonly run: InspectionRun
      readonly job: Job
      readonly startedMs: number
    }
  /** Completed, cancelled, interrupted or failed, as `run.inspection.state` says. */
  | { readonly kind: 'ended'; readonly request: RunRequest; readonly run: InspectionRun }

/** The shown results and the request that they answer. */
export type ShownRun = Pick<Exclude<ShownState, { kind: 'empty' }>, 'request' | 'run'>

/** The comparison of the shown run with a baseline. Its results are part of the run. */
export type ComparingState =
  | { readonly kind: 'none' }
  /** Waits for the end of the run. */
  | { readonly kind: 'waiting'; readonly baseline: Baseline }
  /** Finds the tokens of the baseline's side. */
  | { readonly kind: 'preparing'; readonly baseline: Baseline; readonly job: Job }
  | { readonly kind: 'running'; readonly baseline: Baseline; readonly job: Job; readonly side: BaselineSide }
  /** Completed, cancelled, interrupted or failed; `side` is null if its tokens are not known. */
  | { readonly kind: 'ended'; readonly baseline: Baseline; readonly side: BaselineSide | null }

/** The baseline of the next run that is shown. */
export type NextBaseline =
  /** That of the shown run, if the next one can have it. */
  | { readonly kind: 'kept' }
  | { readonly kind: 'given'; readonly baseline: Baseline }
  /** The panel was closed: the next inspection begins without one. */
  | { readonly kind: 'none' }

/** A change of a session. The changes of the shown run's results are those that the page applies too. */
export type SessionUpdate =
  | InspectionUpdate
  /** The request has another state. */
  | { readonly type: 'request' }
  /** Another run is shown, or the same one continues. */
  | {
      readonly type: 'show'
      readonly how: 'started' | 'continued' | 'restored'
      /** The run that was shown until now. */
      readonly before: InspectionRun | undefined
    }
  /** More is explained of the shown run: rows of the lens, or why a token was predicted. */
  | { readonly type: 'explain' }

/** The session is in a state in which it cannot do what it was asked for. */
export class SessionStateError extends LogitscopeError {}
