import { CancelledError } from '../../../shared/errors'
import type { Job } from './job'
import type { LongRunPart, LongRunQuestion, RequestState, Subject } from './sessionState'

/** The note of a request while its model is being loaded. */
export const LOADING = 'Loading the model…'

type Preparing = Extract<RequestState, { kind: 'preparing' }>

export interface PreparationOptions {
  readonly job: Job
  /** Changes the state of the request. No effect if the job is not preparing any more. */
  readonly change: (next: (state: Preparing) => RequestState) => void
  /** Stops tracking a subject. */
  readonly release: (subject: Subject) => void
}

/** The part of a job in which the tokens of a request are found. */
export class Preparation {
  constructor(private readonly options: PreparationOptions) {}

  /** Aborts with CancelledError when the job ends. */
  get signal(): AbortSignal {
    return this.options.job.signal
  }

  /** Says in a sentence what is being done. */
  note(note: string): void {
    this.options.change((state) => ({ ...state, note }))
  }

  /**
   * Waits for the user's answer.
   * @throws CancelledError
   */
  ask(question: LongRunQuestion): Promise<LongRunPart> {
    const { job, change } = this.options
    return new Promise((resolve, reject) => {
      const cancelled = () => {
        reject(new CancelledError())
      }
      if (job.hasEnded) return cancelled()
      job.signal.addEventListener('abort', cancelled)
      change(({ request, note }) => ({ kind: 'asking', request, job, note, question, answer: resolve }))
    })
  }

  /** Changes the thing that is inspected; the one before is released. */
  retarget(subject: Subject): void {
    const { change, release } = this.options
    change((state) => {
      release(state.request.subject)
      return { ...state, request: { ...state.request, subject } }
    })
  }
}
