import { assertNever } from '../../../src/shared/assertNever'
import type {
  ComparedNext,
  ComparedSection,
  ComparedToken,
  ComparisonState,
  InspectionComparison,
} from '../../../src/shared/contracts/panel/comparison'
import type { Inspection } from '../../../src/shared/contracts/panel/inspection'
import type { Distribution, Token } from '../../../src/shared/contracts/engine/prediction'
import type { TokenAddress } from '../../../src/shared/contracts/panel/protocol'
import type { SideNames } from '../../../src/shared/text/comparisonText'

/**
 * Why a row of a compared inspection has only the shown side. `onlyShown`: the baseline's text does not have the token;
 * `first`: it is the baseline's first token, which nothing precedes without a start token; `otherEnd`: the texts end
 * differently; `notAligned`: they differ too much for a diff.
 */
export type Uncompared =
  | 'pending'
  | 'onlyShown'
  | 'first'
  | 'otherEnd'
  | 'notAligned'
  | Exclude<ComparisonState['kind'], 'loading' | 'running' | 'done'>

/** The fields of a row that decide whether it is compared. */
export interface ComparableRow extends TokenAddress {
  /** Null in the `next` row. */
  readonly token: Token | null
  readonly distribution: Distribution | null
  readonly compared: ComparedToken | null
  readonly comparedNext: ComparedNext | null
}

/** Null if the row is compared, has no prediction that could be, or the inspection is not compared. */
export function uncomparedReason({ comparison }: Inspection, row: ComparableRow): Uncompared | null {
  const section = comparison?.sections[row.section]
  if (comparison === undefined || section === undefined) return null
  if (row.distribution === null || row.compared !== null || row.comparedNext !== null) return null
  const { kind } = comparison.state
  switch (kind) {
    case 'done':
      return missingReason(row, section, comparison)
    case 'loading':
    case 'running':
      return hasPassed(row, section) ? missingReason(row, section, comparison) : 'pending'
    case 'cancelled':
    case 'interrupted':
    case 'failed':
      return hasPassed(row, section) ? missingReason(row, section, comparison) : kind
    default:
      return assertNever(kind)
  }
}

/** Tokens are compared in the order of the text, so that one before the last compared token is not compared later. */
function hasPassed({ position }: ComparableRow, { tokens }: ComparedSection): boolean {
  return position < (tokens.at(-1)?.position ?? 0)
}

function missingReason(
  { token, position }: ComparableRow,
  section: ComparedSection,
  { baseline }: InspectionComparison,
): Uncompared {
  if (!section.isComplete) return 'notAligned'
  if (token === null) return 'otherEnd'
  return baseline.kind !== 'text' || (position === 0 && haveSameFirst(section)) ? 'first' : 'onlyShown'
}

/** Whether two texts begin with the same token, which is not compared: the second one is, and nothing is before it. */
function haveSameFirst({ tokens, baselineOnly }: ComparedSection): boolean {
  const second = tokens.at(0)
  if (second?.position !== 1 || second.baselinePosition !== 1) return false
  return baselineOnly.every(({ position }) => position > 1)
}

/** The reason as a sentence. */
export function describeUncompared(reason: Uncompared, { shown, baseline }: SideNames): string {
  switch (reason) {
    case 'pending':
      return 'Not compared yet.'
    case 'onlyShown':
      return `Only ${shown} has this token, so it is not compared.`
    case 'first':
      return 'Not compared: nothing precedes this token on the baseline’s side, and the start token is off.'
    case 'otherEnd':
      return `${shown} and ${baseline} end differently, so what follows is not compared.`
    case 'notAligned':
      return `Not compared: ${shown} and ${baseline} differ too much here to be aligned.`
    case 'cancelled':
      return 'Not compared: the comparison was cancelled before this token.'
    case 'interrupted':
      return 'Not compared: the window was reloaded before the comparison reached this token.'
    case 'failed':
      return 'Not compared: the comparison failed before this token.'
    default:
      return assertNever(reason)
  }
}
