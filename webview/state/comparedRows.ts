import type { ComparedSection, ComparedToken } from '../../src/shared/contracts/comparison'
import type { Inspection } from '../../src/shared/contracts/inspection'
import type { Distribution } from '../../src/shared/contracts/prediction'
import type { TokenAddress } from '../../src/shared/contracts/protocol'
import type { List } from '../../src/shared/list'

/** The compared tokens of a section by their positions; none if the section is not compared. */
export function comparedByPosition(
  section: ComparedSection | undefined,
  tokenCount: number,
): readonly (ComparedToken | undefined)[] {
  const byPosition = new Array<ComparedToken | undefined>(section === undefined ? 0 : tokenCount)
  for (const token of section?.tokens ?? []) byPosition[token.position] = token
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
  return findCompared(compared.tokens, position)?.baselineScore ?? null
}

/** By bisection: the tokens are in order of their positions. */
function findCompared(tokens: List<ComparedToken>, position: number): ComparedToken | undefined {
  let [low, high] = [0, tokens.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((tokens.at(middle)?.position ?? Infinity) < position) low = middle + 1
    else high = middle
  }
  const found = tokens.at(low)
  return found?.position === position ? found : undefined
}
