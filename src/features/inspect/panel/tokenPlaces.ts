import type { Section } from '../../../shared/contracts/panel/inspection'
import type { TextRange } from '../../../shared/contracts/engine/prediction'
import type { TokenAddress } from '../../../shared/contracts/panel/protocol'

/** The token that contains the UTF-16 offset. */
export function tokenAt(sections: readonly Section[], offset: number): TokenAddress | undefined {
  for (const [section, { tokens }] of sections.entries()) {
    const position = tokens.findIndex(({ range }) => range.start <= offset && offset < range.end)
    if (position !== -1) return { section, position }
  }
  return undefined
}

/** The token that contains the UTF-16 offset; at the end of a section, the position of its `next` row. */
export function rowAt(sections: readonly Section[], offset: number): TokenAddress | undefined {
  const token = tokenAt(sections, offset)
  if (token !== undefined) return token
  const section = sections.findIndex(({ tokens }) => tokens.at(-1)?.range.end === offset)
  const tokens = sections[section]?.tokens
  return tokens && { section, position: tokens.length }
}

/** The range of a token, or the empty range after the last one for the position of `next`. */
export function rangeAt({ tokens, range }: Section, position: number): TextRange {
  const end = tokens.at(-1)?.range.end ?? range.end
  return tokens.at(position)?.range ?? { start: end, end }
}
