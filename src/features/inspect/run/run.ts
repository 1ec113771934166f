import type * as vscode from 'vscode'
import type { InspectionTarget } from '../../../editor/documents/inspectionTarget'
import { digestOf } from '../../../editor/documents/textDigest'
import { TrackedTarget } from '../../../editor/documents/trackedTarget'
import type { FileMove } from '../../../editor/documents/uriAfterMove'
import type { PreparedInspection } from '../../../prediction/windows/inspectDocument'
import { type InspectionUpdate, updateInspection } from '../../../shared/contracts/panel/inspectionUpdate'
import type { AnswerLongRunMessage } from '../../../shared/contracts/panel/protocol'
import { CancelledError } from '../../../shared/errors'
import type { InspectionRun } from './inspectionRun'

/** What a run inspects: parts of a document, or a completion, which is not part of a document. */
export type Subject = TrackedTarget | PreparedInspection

/**
 * `preparing`: tokenizes the text and loads the model. `asking`: waits for the answer to the question about a long run.
 * `running`: has its tokens and scores them. `ended`: completed, cancelled, interrupted or failed.
 */
export type Phase = 'preparing' | 'asking' | 'running' | 'ended'

export type LongRunPart = AnswerLongRunMessage['part']

export interface RunOptions {
  readonly subject: Subject
  /** The editor that the inspection was requested in. */
  readonly editor?: vscode.TextEditor | undefined
  /** UTF-16 offset in the document whose token the panel picks first; undefined if the panel chooses. */
  readonly cursor?: number | undefined
}

/** One inspection from the request to the end: what is inspected, how far it is, and its results. */
export class Run implements vscode.Disposable {
  readonly editor: vscode.TextEditor | undefined
  readonly cursor: number | undefined
  private readonly cancellation = new AbortController()
  private currentSubject: Subject
  private currentPhase: Phase = 'preparing'
  private results: InspectionRun | undefined
  private answered: ((part: LongRunPart) => void) | undefined
  private startedMs = 0

  constructor({ subject, editor, cursor }: RunOptions) {
    this.currentSubject = subject
    this.editor = editor
    this.cursor = cursor
  }

  /** A run that was saved before the window was reloaded. */
  static restored(data: InspectionRun): Run {
    const { documentUri, sections, generation } = data.inspection
    const ranges = sections.map(({ range }) => range)
    const subject = generation === undefined ? new TrackedTarget({ ...data, documentUri, ranges }) : data
    const run = new Run({ subject })
    run.results = data
    run.currentPhase = 'ended'
    return run
  }

  get subject(): Subject {
    return this.currentSubject
  }

  get phase(): Phase {
    return this.currentPhase
  }

  /** The results so far; undefined until the tokens are known. */
  get data(): InspectionRun | undefined {
    return this.results
  }

  get isActive(): boolean {
    return this.currentPhase !== 'ended'
  }

  /** Whether tokens are left to be scored because the run was cancelled or interrupted. */
  get canContinue(): boolean {
    const kind = this.results?.inspection.state.kind
    return kind === 'cancelled' || kind === 'interrupted'
  }

  /** Aborts with CancelledError. */
  get signal(): AbortSignal {
    return this.cancellation.signal
  }

  /** Seconds that scoring took until now. */
  get seconds(): number {
    const before = this.results?.seconds ?? 0
    return this.currentPhase === 'running' ? before + (performance.now() - this.startedMs) / 1000 : before
  }

  /**
   * Waits for the user's answer to the question about a long run.
   * @throws CancelledError
   */
  async ask(): Promise<LongRunPart> {
    this.signal.throwIfAborted()
    this.currentPhase = 'asking'
    const answer = await new Promise<LongRunPart>((resolve, reject) => {
      this.answered = resolve
      this.signal.addEventListener('abort', () => {
        reject(new CancelledError())
      })
    })
    this.currentPhase = 'preparing'
    return answer
  }

  answer(part: LongRunPart): void {
    this.answered?.(part)
  }

  /** Changes what is inspected, before the tokens are known. */
  retarget(target: InspectionTarget): void {
    release(this.currentSubject)
    this.currentSubject = track(target)
  }

  /** The tokens are known, and scoring begins. */
  begin(data: InspectionRun): void {
    this.results = data
    this.currentPhase = 'running'
    this.startedMs = performance.now()
  }

  /** Applies an update to the results; returns them. Undefined if the tokens are not known. */
  update(update: InspectionUpdate): InspectionRun | undefined {
    if (this.results === undefined) return undefined
    this.results = { ...this.results, inspection: updateInspection(this.results.inspection, update) }
    return this.results
  }

  /** Adds to what is explained of the results. */
  explain(change: (results: InspectionRun) => InspectionRun): void {
    if (this.results !== undefined) this.results = change(this.results)
  }

  /** Ends the run, with or without results. */
  end(): void {
    const { seconds } = this
    if (this.results !== undefined) this.results = { ...this.results, seconds }
    this.currentPhase = 'ended'
  }

  /** Stops an active run; has no effect on one that has ended. */
  cancel(): void {
    this.cancellation.abort(new CancelledError())
  }

  /** Follows a rename or the deletion of the document. */
  follow(move: FileMove): void {
    if (this.currentSubject instanceof TrackedTarget) this.currentSubject.follow(move)
  }

  /** Stops the run for good. The subject stays in use if `other` has the same. */
  dispose(other?: Run): void {
    this.cancel()
    if (this.currentSubject !== other?.currentSubject) release(this.currentSubject)
  }
}

/** Tracks a target from its current text on. */
export function track({ document, text, ranges, wholeDocument }: InspectionTarget): TrackedTarget {
  return new TrackedTarget({
    documentUri: document.uri.toString(),
    ranges: ranges.map(({ range }) => range),
    wholeDocument,
    textDigest: digestOf(text),
  })
}

function release(subject: Subject): void {
  if (subject instanceof TrackedTarget) subject.dispose()
}
