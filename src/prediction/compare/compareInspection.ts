import type { ComparedNext, ComparedToken } from '../../shared/contracts/panel/comparison'
import type { BaselineModel } from '../../shared/contracts/engine/engineApi'
import { elementAt } from '../../shared/elementAt'
import { continuedModel } from '../../shared/text/modelText'
import type { ComparedModels, ComparedSides, Comparisons } from './comparisons'
import type { PreparedInspection, SectionSequence } from '../windows/inspectDocument'

/** The side that an inspection is compared with. */
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
 * Compares an inspection section by section: the one loop of the panel, the CLI and the API. A comparison stays on the backend
 * that continued it, also if the one that failed is available again.
 * @throws what `Comparisons.compare` throws
 */
export async function compareInspection(
  comparisons: Comparisons,
  { shown, baseline }: { readonly shown: PreparedInspection; readonly baseline: BaselineSide },
  { signal, ...listener }: ComparisonListener & { readonly signal?: AbortSignal } = {},
): Promise<void> {
  const { startToken, topK, model } = shown.inspection
  /** The models of the last compared token. */
  let models: ComparedModels | undefined
  for (const [section, sequence] of shown.sequences.entries()) {
    const { next } = await comparisons.compare(
      {
        shown: sequence,
        baseline: elementAt(baseline.sequences, section),
        baselineModel: baseline.model,
        startToken,
        topK,
        model: models?.shown ?? model,
      },
      {
        signal,
        onStart: (sides) => {
          listener.onStart?.(section, sides)
          const loaded = { shown: sides.model, baseline: sides.baseline }
          if (models === undefined) models = loaded
          else if (loaded.baseline.backend !== models.baseline.backend) {
            // The backend of the section before failed between the two.
            models = {
              shown: continuedModel(models.shown, loaded.shown),
              baseline: continuedModel(models.baseline, loaded.baseline),
            }
            listener.onModels?.(models)
          }
        },
        onTokens: (tokens) => listener.onTokens?.(section, tokens),
        onContinued: (others) => {
          models = others
          listener.onModels?.(others)
        },
      },
    )
    if (next !== null) listener.onNext?.(section, next)
  }
}
