import type { Section } from '../contracts/panel/inspection'
import type { Summary } from '../contracts/engine/prediction'

/** Adds up the figures of a text while its tokens are read. */
export class RunningSummary {
  private tokens = 0
  private scored = 0
  private bits = 0

  /** @param surprisal in bits; null for a token that was not scored */
  add(surprisal: number | null): void {
    this.tokens++
    if (surprisal === null) return
    this.scored++
    this.bits += surprisal
  }

  /** Perplexity and bits per token of the tokens so far. */
  summary(windows: number): Summary {
    const { tokens, scored, bits } = this
    const bitsPerToken = scored === 0 ? null : bits / scored
    // JSON has no infinity; near temperature 0 the surprisal of one token can make 2 ** bits overflow.
    const perplexity = bitsPerToken === null ? null : Math.min(2 ** bitsPerToken, Number.MAX_VALUE)
    return { tokens, perplexity, bitsPerToken, windows }
  }
}

/** Perplexity and bits per token. `surprisals` are in bits; null for a token that was not scored. */
export function summarize(surprisals: Iterable<number | null>, windows: number): Summary {
  const running = new RunningSummary()
  for (const surprisal of surprisals) running.add(surprisal)
  return running.summary(windows)
}

/** The summary of all sections of an inspection, over the tokens scored so far. */
export function summarizeInspection(sections: readonly Section[]): Summary {
  const surprisals = sections.flatMap((section) =>
    Array.from(section.predictions, ({ score }) => score?.surprisal ?? null),
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
