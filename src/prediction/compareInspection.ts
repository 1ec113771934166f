import type { ComparedNext, ComparedToken } from '../shared/contracts/comparison'
import type { BaselineModel } from '../shared/contracts/engineApi'
import { elementAt } from '../shared/elementAt'
import type { ComparedModels, ComparedSides, Comparisons } from './comparisons'
import type { PreparedInspection, SectionSequence } from './inspectDocument'

/** What an inspection is compared with. */
export interface BaselineSide {
  /** Absent: the model of the shown side. */
  readonly model?: BaselineModel | undefined
  /** One for each section; those of the inspection if only the models differ. */
  readonly sequences: readonly SectionSequence[]
}

export interface ComparisonListener {
  /** Called before the first tokens of a section. */
  onStart?(section: number, sides: ComparedSides): void
  /** Further compared tokens of a section, in order. */
  onTokens?(section: number, tokens: readonly ComparedToken[]): void
  onNext?(section: number, next: ComparedNext): void
  /** Another backend continues the comparison; later tokens come from these models. */
  onModels?(models: ComparedModels): void
}

/**
 * Compares an inspection section by section.
 * @throws what `Comparisons.compare` throws
 */
export async function compareInspection(
  comparisons: Comparisons,
  { shown, baseline }: { readonly shown: PreparedInspection; readonly baseline: BaselineSide },
  { signal, ...listener }: ComparisonListener & { readonly signal?: AbortSignal } = {},
): Promise<void> {
  const { startToken, topK, model } = shown.inspection
  for (const [section, sequence] of shown.sequences.entries()) {
    const { next } = await comparisons.compare(
      {
        shown: sequence,
        baseline: elementAt(baseline.sequences, section),
        baselineModel: baseline.model,
        startToken,
        topK,
        model,
      },
      {
        signal,
        onStart: (sides) => listener.onStart?.(section, sides),
        onTokens: (tokens) => listener.onTokens?.(section, tokens),
        onContinued: (models) => listener.onModels?.(models),
      },
    )
    if (next !== null) listener.onNext?.(section, next)
  }
}
