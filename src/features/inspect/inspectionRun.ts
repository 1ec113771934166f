import type { PreparedInspection } from '../../prediction/inspectDocument'

/** An inspection as the extension host holds it: what the panel shows, and what is needed to go on from there. */
export interface InspectionRun extends PreparedInspection {
  /** Of the document's text, to tell later whether it is still the one that was inspected. */
  readonly textDigest: string
  /** Nothing was selected: run again, it takes the whole document, however that has grown. */
  readonly wholeDocument: boolean
}
