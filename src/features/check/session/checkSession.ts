import { assertNever } from '../../../shared/assertNever'
import type {
  CheckActivity,
  PastVerdict,
  ShownCheck,
  ShownResult,
} from '../../../shared/contracts/check/checkProtocol'
import { type FileVersion, LogitsWatch, type WatchState } from './logitsWatch'
import { type CheckSubject, FORMAT, type StoredCheck } from './storedCheck'

/** The outcome of a check of the file in its current version. */
export interface Checked {
  readonly result: ShownResult
  /** The reference model, to begin with next time: an id or a folder. */
  readonly model: string
  /** Why another reference model may fit better; null if the one that was used fits. */
  readonly offer: string | null
}

export interface CheckRequest {
  readonly subject: CheckSubject
  /** The reference model of the last check. */
  readonly model: string | null
  /** URI of the logits of an earlier run of the same code. */
  readonly firstRun: string | null
  readonly signal: AbortSignal
  readonly onStep: (step: string, progress?: { readonly done: number; readonly total: number }) => void
}

export interface SessionOptions {
  readonly subject: CheckSubject
  /** Path of the file as shown. */
  readonly fileName: string
  /** The check that was saved before a reload of the window; undefined for a new session. */
  readonly stored?: StoredCheck
  readonly version: () => Promise<FileVersion | undefined>
  readonly check: (request: CheckRequest) => Promise<Checked>
  readonly isIncomplete: (error: unknown) => boolean
  readonly describeFailure: (error: unknown) => Extract<CheckActivity, { kind: 'failed' }>
  readonly onShow: (check: ShownCheck) => void
  readonly onActivity: (activity: CheckActivity) => void
  readonly save: (stored: StoredCheck) => void
}

const MAX_HISTORY = 20

/** One file that is watched and checked: owns the last result, the history and what happens now. */
export class CheckSession {
  private readonly watch: LogitsWatch
  private activity: CheckActivity
  private result: ShownResult | null
  private history: readonly PastVerdict[]
  private model: string | null
  private offer: string | null
  private firstRun: string | null = null

  constructor(private readonly options: SessionOptions) {
    const { stored, version, isIncomplete } = options
    this.result = stored?.result ?? null
    this.history = stored?.history ?? []
    this.model = stored?.model ?? null
    this.offer = stored?.offer ?? null
    this.activity = this.result === null ? { kind: 'waiting' } : { kind: 'watching' }
    this.watch = new LogitsWatch({
      version,
      isIncomplete,
      check: (signal) => this.check(signal),
      onState: (state) => {
        this.follow(state)
      },
    })
  }

  get subject(): CheckSubject {
    return this.options.subject
  }

  get shown(): ShownCheck {
    const { activity, result, history, offer, options } = this
    const { fileName, subject } = options
    return { fileName, text: subject.text, activity, result, history, offer }
  }

  /** Starts watching. A file that has not changed since the stored check is not checked again. */
  start(): void {
    this.watch.start(this.options.stored?.version ?? undefined)
    this.options.save(this.stored(this.options.stored?.version ?? null))
  }

  /** Checks the file again with the reference model that fits best, which may be another one now. */
  checkAgain(): void {
    this.model = null
    this.watch.checkAgain()
  }

  /** Compares the next write with an earlier run of the same code. */
  awaitSecondRun(firstRun: string): void {
    this.firstRun = firstRun
    this.become({ kind: 'awaitingRun' })
  }

  cancel(): void {
    this.watch.cancel()
  }

  dispose(): void {
    this.watch.dispose()
  }

  private async check(signal: AbortSignal): Promise<void> {
    const { subject, check } = this.options
    const { result, model, offer } = await check({
      subject,
      model: this.model,
      firstRun: this.firstRun,
      signal,
      onStep: (step, progress) => {
        if (!signal.aborted) this.become({ kind: 'checking', step, done: 0, total: 0, ...progress })
      },
    })
    if (signal.aborted) return
    this.result = result
    this.model = model
    this.offer = offer
    this.firstRun = null
    this.history = [pastVerdict(result), ...this.history].slice(0, MAX_HISTORY)
  }

  private follow(state: WatchState): void {
    switch (state.kind) {
      case 'waiting':
      case 'writing':
      case 'cancelled':
        this.become(state)
        return
      case 'checking':
        this.become({ kind: 'checking', step: 'Reading the file', done: 0, total: 0 })
        return
      case 'checked':
        this.activity = { kind: 'watching' }
        this.options.save(this.stored(state.version))
        this.options.onShow(this.shown)
        return
      case 'failed':
        this.become(this.options.describeFailure(state.error))
        return
      default:
        assertNever(state)
    }
  }

  private become(activity: CheckActivity): void {
    this.activity = activity
    this.options.onActivity(activity)
  }

  private stored(version: FileVersion | null): StoredCheck {
    const { result, history, model, offer, options } = this
    return { format: FORMAT, subject: options.subject, version, model, offer, result, history }
  }
}

function pastVerdict({ report, checkedAt }: ShownResult): PastVerdict {
  const { model, verdict, defects, maxAbsDeltaNats } = report
  return { checkedAt, model, verdict, defects, maxAbsDeltaNats }
}
