import type { InspectionRun } from '../../../src/features/inspect/session/inspectionRun'
import { InspectionSession } from '../../../src/features/inspect/session/inspectionSession'
import type { RunRequest, SessionUpdate } from '../../../src/features/inspect/session/sessionState'
import type { Inspection } from '../../../src/shared/contracts/panel/inspection'
import { updateInspection } from '../../../src/shared/contracts/panel/inspectionUpdate'
import { FakeSessionWork, Steps } from './fakeSessionWork'

/** A session whose work and preparations a test ends, and what its updates tell. */
export class SessionUnderTest {
  readonly work = new FakeSessionWork()
  readonly session = new InspectionSession(this.work)
  readonly preparations = new Steps<
    Parameters<Parameters<InspectionSession['inspect']>[1]>[0],
    InspectionRun
  >()
  readonly updates: SessionUpdate[] = []
  /** The inspection that a page shows: the one that was shown last, with the updates since. */
  replica: Inspection | undefined

  constructor() {
    this.session.onDidUpdate((update) => {
      this.updates.push(update)
      if (update.type === 'show') this.replica = this.session.run?.inspection
      else if (update.type !== 'request' && update.type !== 'explain' && this.replica !== undefined)
        this.replica = updateInspection(this.replica, update)
    })
  }

  get types(): readonly SessionUpdate['type'][] {
    return this.updates.map(({ type }) => type)
  }

  /** Requests an inspection; its preparation waits in `preparations`. */
  inspect(request: RunRequest): Promise<void> {
    return this.session.inspect(request, (preparation) =>
      this.preparations.begin(preparation, preparation.signal),
    )
  }

  /** Continues the shown run; loading its model waits in `preparations`, whose result is not used. */
  continue(): Promise<void> {
    return this.session.continue(async (preparation) => {
      await this.preparations.begin(preparation, preparation.signal)
    })
  }
}

/** The request of a subject that counts how often it is released. */
export function trackedRequest(): RunRequest & { readonly releases: () => number } {
  let releases = 0
  const target = { dispose: () => releases++ } as never
  return { subject: { kind: 'document', target }, releases: () => releases }
}

/** A copy of a finished run in which nothing is scored. */
export function preparedRun(finished: InspectionRun, id: string): InspectionRun {
  const sections = finished.inspection.sections.map((section) => ({
    ...section,
    predictions: [],
    next: null,
  }))
  return {
    ...finished,
    seconds: 0,
    inspection: { ...finished.inspection, id, sections, state: { kind: 'running' } },
  }
}
