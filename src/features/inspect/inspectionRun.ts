import type { PreparedInspection } from '../../prediction/inspectDocument'

/** An inspection in the extension host: what the panel shows, and the data to run it again. */
export interface InspectionRun extends PreparedInspection {
  /** `digestOf` the document's text when it was inspected; tells whether the document has changed since. */
  readonly textDigest: string
  /** Nothing was selected, so Run Again inspects the whole document, including text added since. */
  readonly wholeDocument: boolean
}
