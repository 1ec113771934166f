import type { ComparedToken } from '../../../src/shared/contracts/panel/comparison'
import type { Inspection } from '../../../src/shared/contracts/panel/inspection'
import type { Distribution } from '../../../src/shared/contracts/engine/prediction'
import type { TokenAddress } from '../../../src/shared/contracts/panel/protocol'
import { comparedAt } from '../../../src/shared/numbers/comparedTokens'

/** [end − from] The compared tokens of the positions [from, end), all of which are in `tokens` if they are compared. */
export function comparedByPosition(
  tokens: Iterable<ComparedToken>,
  { from, end }: { readonly from: number; readonly end: number },
): readonly (ComparedToken | undefined)[] {
  const byPosition = new Array<ComparedToken | undefined>(end - from)
  for (const token of tokens) byPosition[token.position - from] = token
  return byPosition
}

/** The baseline's distribution for a row of the shown side; null if the row is not compared. */
export function baselineAt(
  { sections, comparison }: Inspection,
  { section, position }: TokenAddress,
): Distribution | null {
  const compared = comparison?.sections[section]
  if (compared === undefined) return null
  if (position === sections[section]?.tokens.length) return compared.next?.baseline ?? null
  return comparedAt(compared.tokens, position)?.baselineScore ?? null
}

/**
 * The token of the baseline's text before the one at a row; null if none is there. The two texts may have other tokens
 * before the same one.
 */
export function baselineTokenBefore(
  { sections, comparison }: Inspection,
  { section, position }: TokenAddress,
): number | null {
  const compared = comparison?.sections[section]
  const tokens = sections[section]?.tokens ?? []
  for (let i = position; compared !== undefined && i >= 0; i--) {
    const inserted = compared.baselineOnly.find((run) => run.position === i)
    if (inserted !== undefined) return inserted.tokenIds.at(-1) ?? null
    const before = tokens[i - 1]
    if (before !== undefined && comparedAt(compared.tokens, i - 1) !== undefined) return before.tokenId
  }
  return null
}
