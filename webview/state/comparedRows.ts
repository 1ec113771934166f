import type { ComparedSection, ComparedToken } from '../../src/shared/contracts/comparison'

/** The compared tokens of a section by their positions; none if the section is not compared. */
export function comparedByPosition(
  section: ComparedSection | undefined,
  tokenCount: number,
): readonly (ComparedToken | undefined)[] {
  const byPosition = new Array<ComparedToken | undefined>(section === undefined ? 0 : tokenCount)
  for (const token of section?.tokens ?? []) byPosition[token.position] = token
  return byPosition
}
