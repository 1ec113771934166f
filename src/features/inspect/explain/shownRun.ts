import type { HostMessage } from '../../../shared/contracts/protocol'
import type { InspectionRun } from '../run/inspectionRun'

/** The panel's run, for the classes that answer the page's requests about one of its tokens. */
export interface ShownRun {
  /** The shown results; undefined if nothing is shown. */
  readonly run: () => InspectionRun | undefined
  readonly post: (message: HostMessage) => void
}

/** The message for a request about a run that is not shown any more. */
export const REPLACED_RUN = 'A newer run has replaced this one. Wait for its results.'
