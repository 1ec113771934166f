// Texts about generated tokens, the same in every view.

import { formatWholePercent } from './format'
import type { Generation, Inspection } from '../contracts/panel/inspection'
import type { Token } from '../contracts/engine/prediction'
import type { SamplingSettings } from '../contracts/engine/samplingSettings'

/** `Completion · greedy` · `Completion · temperature 0.8, top-p 0.9, seed 1` */
export function describeGeneration({ sampling, seed }: Generation): string {
  return `Completion · ${describeSampling(sampling, seed)}`
}

/** `Candidate 1 · 24 %`; undefined if the section is part of a document. */
export function candidateTitle({ generation }: Inspection, section: number): string | undefined {
  const candidate = generation?.candidates.at(section)
  return candidate && `Candidate ${section + 1} · ${formatWholePercent(candidate.probability)}`
}

/** Whether the token covers typed text, which determines it. */
export function isTyped({ generation }: Inspection, section: number, position: number): boolean {
  return position < (generation?.candidates.at(section)?.typedTokens ?? 0)
}

/** The relation of a completion's token to the typed text. */
export interface TypedPlace {
  /** The typed bytes that the tokens before it do not cover. */
  readonly left: Uint8Array
  /** Whether it is one of the candidate's first tokens, which cover the typed text; the last one extends beyond it. */
  readonly inBeginning: boolean
}

export interface TypedText extends Pick<Generation, 'typed'> {
  readonly bytesOf: (tokenId: number) => Uint8Array
}

/** The relation of the token at `position` to the typed text. */
export function typedPlaceOf(
  tokens: readonly Token[],
  position: number,
  { typed, bytesOf }: TypedText,
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
