// What every view says of tokens that a model has made itself.

import { formatWholePercent } from './format'
import type { Generation, Inspection, Token } from '../contracts/prediction'
import type { SamplingSettings } from '../contracts/samplingSettings'

/** `Completion · greedy` · `Completion · temperature 0.8, top-p 0.9, seed 1` */
export function describeGeneration({ sampling, seed }: Generation): string {
  return `Completion · ${describeSampling(sampling, seed)}`
}

/** `Candidate 1 · 24 %`; undefined where the section is a part of a document. */
export function candidateTitle({ generation }: Inspection, section: number): string | undefined {
  const candidate = generation?.candidates.at(section)
  return candidate && `Candidate ${section + 1} · ${formatWholePercent(candidate.probability)}`
}

/** Whether the token covers what was typed, and was not free to be any other. */
export function isTyped({ generation }: Inspection, section: number, position: number): boolean {
  return position < (generation?.candidates.at(section)?.typedTokens ?? 0)
}

/** How a token of a completion stands to what was typed. */
export interface TypedPlace {
  /** The typed bytes that the tokens before it leave to be covered. */
  readonly left: Uint8Array
  /** It is one of those that a candidate begins with: they cover what was typed, and the last one reaches beyond it. */
  readonly inBeginning: boolean
}

export function typedPlaceOf(
  tokens: readonly Token[],
  position: number,
  { typed }: Generation,
  bytesOf: (tokenId: number) => Uint8Array,
): TypedPlace {
  const before = tokens.slice(0, position)
  const covered = before.reduce((sum, { tokenId }) => sum + bytesOf(tokenId).length, 0)
  return { left: Uint8Array.from(typed.slice(covered)), inBeginning: covered <= typed.length }
}

/** Whether a token with these bytes can follow: it covers `typed`, or a part of its beginning. */
export function matchesTyped(typed: Uint8Array, bytes: Uint8Array): boolean {
  const shared = Math.min(typed.length, bytes.length)
  for (let i = 0; i < shared; i++) if (typed[i] !== bytes[i]) return false
  return bytes.length > 0
}

function describeSampling({ temperature, topK, topP, minP }: SamplingSettings, seed: number): string {
  if (temperature === 0) return 'greedy'
  return [
    `temperature ${temperature}`,
    ...(topK === 0 ? [] : [`top-k ${topK}`]),
    ...(topP === 1 ? [] : [`top-p ${topP}`]),
    ...(minP === 0 ? [] : [`min-p ${minP}`]),
    `seed ${seed}`,
  ].join(', ')
}
