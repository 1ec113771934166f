import type { Inspection } from '../../../src/shared/contracts/panel/inspection'
import type { Colouring } from '../../state/rows/colouring'
import type { SideView } from '../../state/comparison/baselineView'
import type { RowBlock } from '../../state/rows/rows'
import type { TokenLabels } from '../../tokens/tokenLabels'

/** The data that every view of the work area shows. */
export interface ShownViews {
  readonly inspection: Inspection
  /** The rows of each section. */
  readonly rows: readonly RowBlock[]
  readonly labels: TokenLabels
  readonly colouring: Colouring
  /** Inspection and rows of the side that Lens and Why explain. */
  readonly explained: SideView
}
