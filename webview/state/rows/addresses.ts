import { elementAt } from '../../../src/shared/elementAt'
import type { Inspection, Section } from '../../../src/shared/contracts/panel/inspection'
import type {
  Distribution,
  TokenScore,
  TokenPrediction,
} from '../../../src/shared/contracts/engine/prediction'
import { tokenCount } from '../../../src/shared/numbers/summary'
import type { TokenAddress } from '../../../src/shared/contracts/panel/protocol'

export function isSameAddress(a: TokenAddress, b: TokenAddress): boolean {
  return a.section === b.section && a.position === b.position
}

/** Whether the address is a token, or the `next` row, of one of the sections. */
export function isAddressIn({ sections }: Inspection, { section, position }: TokenAddress): boolean {
  const tokens = sections[section]?.tokens
  return tokens !== undefined && position >= 0 && position <= tokens.length
}

/** Whether the position is the `next` row, which follows the section's last token. */
export function isNext(section: Section, position: number): boolean {
  return position === section.tokens.length
}

/** Null if the engine has not answered for the token yet, and for the `next` row. */
export function predictionAt(section: Section, position: number): TokenPrediction | null {
  return section.predictions.at(position) ?? null
}

/** Null if the token is not scored, or not yet. */
export function scoreAt(section: Section, position: number): TokenScore | null {
  return predictionAt(section, position)?.score ?? null
}

/** The distribution that the token at `position` is scored with; for the `next` row, the one after the last token. */
export function distributionAt(section: Section, position: number): Distribution | null {
  return isNext(section, position) ? section.next : scoreAt(section, position)
}

/**
 * The token's index among the tokens of all sections. The `next` row has the index of its section's last token.
 *
 * @throws RangeError if there is no such section
 */
export function toFlatIndex(sections: readonly Section[], { section, position }: TokenAddress): number {
  const inSection = Math.min(position, elementAt(sections, section).tokens.length - 1)
  return tokenCount(sections.slice(0, section)) + Math.max(0, inSection)
}

/**
 * The inverse of `toFlatIndex` for tokens.
 *
 * @throws RangeError if all sections together have no more than `index` tokens
 */
export function fromFlatIndex(sections: readonly Section[], index: number): TokenAddress {
  let position = index
  for (const [section, { tokens }] of sections.entries()) {
    if (position < tokens.length) return { section, position }
    position -= tokens.length
  }
  throw new RangeError(`no token ${index}: the sections have ${tokenCount(sections)}`)
}
