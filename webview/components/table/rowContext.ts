import type { SideNames } from '../../../src/shared/text/comparisonText'
import type { Colouring } from '../../state/rows/colouring'
import type { TableColumn } from '../../state/table/columns'
import type { TokenLabels } from '../../tokens/tokenLabels'
import type { BarScale } from '../base/signedBar'

/** The data that all rows share. */
export interface RowContext {
  readonly labels: TokenLabels
  readonly colouring: Colouring
  readonly columns: readonly TableColumn[]
  /** Null if the inspection is not compared. */
  readonly sides: RowSides | null
}

/** The data that the rows of a comparison share. */
export interface RowSides {
  readonly names: SideNames
  readonly likelier: SideNames
  /** Of the bars in the column Δ. */
  readonly scale: BarScale
}
