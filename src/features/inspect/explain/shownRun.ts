import type { LensRow } from '../../../shared/contracts/engine/explanation'
import type { HostMessage, TokenAddress } from '../../../shared/contracts/panel/protocol'
import type { WhyAnswer } from '../../../shared/contracts/panel/why'
import { keepWhyAnswer } from '../run/whyAnswers'
import type { InspectionRun } from '../run/inspectionRun'
import type { InspectionStore } from '../run/inspectionStore'
import type { Run } from '../run/run'

export interface ShownRunOptions {
  /** The run that is shown now. */
  readonly run: () => Run | undefined
  readonly post: (message: HostMessage) => void
  readonly store: Pick<InspectionStore, 'saveSoon'>
}

/** The panel's run, for the classes that answer the page's requests about its tokens. */
export class ShownRun {
  constructor(private readonly options: ShownRunOptions) {}

  /** The shown results; undefined if nothing is shown. */
  run(): InspectionRun | undefined {
    return this.options.run()?.data
  }

  post(message: HostMessage): void {
    this.options.post(message)
  }

  /** Keeps rows of the lens with the run. No effect if another run is shown by now. */
  addLensRows(inspectionId: string, address: TokenAddress, rows: readonly LensRow[]): void {
    this.change(inspectionId, (results) => ({ ...results, lens: results.lens.with(address, rows) }))
  }

  /** Keeps an answer with the run, in place of the earlier one about its subject. No effect if another run is shown by now. */
  keepWhy(answer: WhyAnswer): void {
    this.change(answer.subject.inspectionId, (results) => ({
      ...results,
      why: keepWhyAnswer(results.why, answer),
    }))
  }

  private change(inspectionId: string, change: (results: InspectionRun) => InspectionRun): void {
    const run = this.options.run()
    if (run?.data?.inspection.id !== inspectionId) return
    run.explain(change)
    this.options.store.saveSoon(() => run.data && { ...run.data, seconds: run.seconds })
  }
}

/** The message for a request about a run that is not shown any more. */
export const REPLACED_RUN = 'A newer run has replaced this one. Wait for its results.'
