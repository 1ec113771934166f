import {
  type Distribution,
  type Inspection,
  type TokenScore,
  type Section,
  tokenCount,
  type TokenPrediction,
} from '../../src/shared/contracts/prediction'
import type { TokenAddress } from '../../src/shared/contracts/protocol'

export function isSameAddress(a: TokenAddress, b: TokenAddress): boolean {
  return a.section === b.section && a.position === b.position
}

/** The `next` row of a section has the number of its tokens as its position. */
export function isAddressIn({ sections }: Inspection, { section, position }: TokenAddress): boolean {
  return section in sections && position >= 0 && position <= sections[section].tokens.length
}

export function isNext(section: Section, position: number): boolean {
  return position === section.tokens.length
}

export function predictionAt(section: Section, position: number): TokenPrediction | null {
  return position < section.predictions.length ? section.predictions[position] : null
}

/** Null where the token is not scored, or not yet. */
export function scoreAt(section: Section, position: number): TokenScore | null {
  return predictionAt(section, position)?.score ?? null
}

/** The row of logits at a position: what its token is scored by, or what follows the last one. */
export function distributionAt(section: Section, position: number): Distribution | null {
  return isNext(section, position) ? section.next : scoreAt(section, position)
}

/** Where a token stands when all sections are counted through; a `next` row stands at its section's end. */
export function toFlatIndex(sections: readonly Section[], { section, position }: TokenAddress): number {
  const inSection = Math.min(position, sections[section].tokens.length - 1)
  return tokenCount(sections.slice(0, section)) + Math.max(0, inSection)
}

export function fromFlatIndex(sections: readonly Section[], index: number): TokenAddress {
  let position = index
  for (let section = 0; section < sections.length; section++) {
    const { length } = sections[section].tokens
    if (position < length) return { section, position }
    position -= length
  }
  throw new RangeError(`no token ${index}`)
}
