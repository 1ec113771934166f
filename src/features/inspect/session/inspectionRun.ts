import type { PreparedInspection } from '../../../prediction/windows/inspectDocument'
import { LensRows } from '../../../shared/contracts/panel/lensRows'
import type { WhyAnswer } from '../../../shared/contracts/panel/why'

/** The data of an inspection in the extension host: what the panel shows, and what is needed to run it again. */
export interface InspectionRun extends PreparedInspection {
  /** `digestOf` the document's text when it was inspected; tells whether the document has changed since. */
  readonly textDigest: string
  /** Nothing was selected, so Run Again inspects the whole document, including text added since. */
  readonly wholeDocument: boolean
  /** Time that scoring took until it was cancelled or interrupted; 0 for a new run. */
  readonly seconds: number
  /** The rows of the logit lens that were computed. */
  readonly lens: LensRows
  /** Why tokens were predicted, as far as it was computed: the newest answer last. */
  readonly why: readonly WhyAnswer[]
}

/** The empty explanations of a new run. */
export const UNEXPLAINED = { lens: LensRows.EMPTY, why: [] } satisfies Partial<InspectionRun>
