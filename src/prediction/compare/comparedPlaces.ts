import type { ComparedToken } from '../../shared/contracts/panel/comparison'
import type { TextRange, Token } from '../../shared/contracts/engine/prediction'
import { comparedAt } from '../../shared/numbers/comparedTokens'
import type { ComparedInspection } from '../../shared/text/comparisonText'

/** A token of an inspected document, with both sides of its comparison. */
export interface ComparedPlace {
  readonly token: Token
  readonly compared: ComparedToken
}

/** The compared tokens that have a character in the range, in the order of the sections. */
export function comparedIn(
  { sections, comparison }: ComparedInspection,
  range: TextRange,
): readonly ComparedPlace[] {
  return sections.flatMap(({ tokens }, index) => {
    const compared = comparison.sections[index]
    if (compared === undefined) return []
    const places: ComparedPlace[] = []
    for (let position = firstEndingAfter(tokens, range.start); position < tokens.length; position++) {
      const token = tokens[position]
      if (token === undefined || token.range.start >= range.end) break
      const pair = comparedAt(compared.tokens, position)
      if (pair !== undefined) places.push({ token, compared: pair })
    }
    return places
  })
}

/** The position of the first token that ends after the UTF-16 offset, by halving, because this is called while scrolling. */
function firstEndingAfter(tokens: readonly Token[], offset: number): number {
  let [low, high] = [0, tokens.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((tokens[middle]?.range.end ?? Infinity) <= offset) low = middle + 1
    else high = middle
  }
  return low
}
