import type { Inspection } from '../../../src/shared/contracts/inspection'
import type { RowBlock } from '../../state/rows'
import type { TokenLabels } from '../../tokens/tokenLabels'

/** What every view of the work area shows. */
export interface ShownViews {
  readonly inspection: Inspection
  /** The rows of each section. */
  readonly rows: readonly RowBlock[]
  readonly labels: TokenLabels
}
