import type { Inspection } from '../../../src/shared/contracts/panel/inspection'
import { isCompared, likelierTexts, sideNames } from '../../../src/shared/text/comparisonText'
import { comparisonFigures } from '../../state/rows/comparison'
import { barScale } from '../base/signedBar'
import type { RowSides } from './rowContext'

/** Keeps what the rows of a comparison share the same object as long as nothing in it changes. */
export class RowSidesStore {
  private current: RowSides | null = null
  private key = ''

  /** Null if the inspection is not compared. */
  of(inspection: Inspection): RowSides | null {
    if (!isCompared(inspection)) return null
    const names = sideNames(inspection)
    const likelier = likelierTexts(inspection)
    const end = endOfScale(comparisonFigures(inspection)?.maxBits ?? 0)
    const key = JSON.stringify([names, likelier, end])
    if (this.current !== null && key === this.key) return this.current
    this.key = key
    this.current = { names, likelier, scale: barScale([end, -end]) }
    return this.current
  }
}

/** 1, 1.5, 2, 3, 4, 6, 8, 12 …: the bars seldom change while a comparison runs. */
function endOfScale(maxBits: number): number {
  const above = 2 ** Math.max(0, Math.ceil(Math.log2(Math.max(1, maxBits))))
  return maxBits <= above * 0.75 && above > 1 ? above * 0.75 : above
}
