import type { Section, Summary } from '../contracts/prediction'

/** Perplexity and bits per token. `surprisals` are in bits; null for a token that was not scored. */
export function summarize(surprisals: Iterable<number | null>, windows: number): Summary {
  let tokens = 0
  let scored = 0
  let bits = 0
  for (const surprisal of surprisals) {
    tokens++
    if (surprisal === null) continue
    scored++
    bits += surprisal
  }
  const bitsPerToken = scored === 0 ? null : bits / scored
  // JSON has no infinity; near temperature 0 the surprisal of one token can make 2 ** bits overflow.
  const perplexity = bitsPerToken === null ? null : Math.min(2 ** bitsPerToken, Number.MAX_VALUE)
  return { tokens, perplexity, bitsPerToken, windows }
}

/** The summary of all sections of an inspection, over the tokens scored so far. */
export function summarizeInspection(sections: readonly Section[]): Summary {
  const surprisals = sections.flatMap((section) =>
    section.predictions.map(({ score }) => score?.surprisal ?? null),
  )
  return summarize(
    surprisals,
    sections.reduce((sum, section) => sum + section.windows, 0),
  )
}

/** The number of tokens in all sections. */
export function tokenCount(sections: readonly Section[]): number {
  return sections.reduce((sum, section) => sum + section.tokens.length, 0)
}

/** The number of tokens in all sections that have their prediction. */
export function scoredCount(sections: readonly Section[]): number {
  return sections.reduce((sum, section) => sum + section.predictions.length, 0)
}
