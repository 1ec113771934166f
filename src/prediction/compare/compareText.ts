import type { BaselineModel } from '../../shared/contracts/engine/engineApi'
import { elementAt } from '../../shared/elementAt'
import type { Comparisons } from './comparisons'
import type { PreparedInspection } from '../windows/inspectDocument'
import { prepareText } from '../windows/inspectText'
import type { PredictionService } from '../windows/predictionService'
import type { SectionComparison } from '../report/json/comparisonReport'

export interface CompareTextRequest {
  readonly text: string
  /** Precedes both texts. */
  readonly context?: string
  readonly startToken: boolean
  /** 1 to 100. */
  readonly topK: number
  /** The model that predicts the baseline's side. Absent: the selected one. */
  readonly baselineModel?: BaselineModel | undefined
  /** The text of the baseline's side. Absent: the same text. */
  readonly baselineText?: string | undefined
}

export interface CompareTextOptions {
  readonly signal?: AbortSignal
  /** Called with the number of compared tokens, and the number of tokens that both sides have. */
  readonly onProgress?: (compared: number, shared: number) => void
}

/**
 * Compares two models on a text, or one model on two texts, that belong to no document.
 * @throws what `PredictionService.tokenize` and `Comparisons.compare` throw
 */
export async function compareText(
  service: PredictionService,
  comparisons: Comparisons,
  request: CompareTextRequest,
  options: CompareTextOptions = {},
): Promise<SectionComparison> {
  const { text, baselineText = text, baselineModel } = request
  const shown = await prepareText(service, request, options.signal)
  const baseline = await prepareText(service, { ...request, text: baselineText }, options.signal)
  return comparePrepared(comparisons, { shown, baseline, baselineModel }, options)
}

/** Two inspections of one section each, and the model of the second one if it is another. */
export interface PreparedSides {
  readonly shown: PreparedInspection
  readonly baseline: PreparedInspection
  readonly baselineModel?: BaselineModel | undefined
}

/** @throws what `Comparisons.compare` throws */
export async function comparePrepared(
  comparisons: Comparisons,
  { shown, baseline, baselineModel }: PreparedSides,
  { signal, onProgress }: CompareTextOptions = {},
): Promise<SectionComparison> {
  const { startToken, topK, model } = shown.inspection
  let count = 0
  let shared = 0
  const comparison = await comparisons.compare(
    {
      shown: elementAt(shown.sequences, 0),
      baseline: elementAt(baseline.sequences, 0),
      baselineModel,
      startToken,
      topK,
      model,
    },
    {
      signal,
      onStart: (sides) => {
        shared = sides.shared
      },
      onTokens: (tokens) => {
        count += tokens.length
        onProgress?.(count, shared)
      },
    },
  )
  const { model: shownModel, baseline: otherModel, ...compared } = comparison
  return {
    inspection: shown.inspection,
    section: 0,
    models: { shown: shownModel, baseline: otherModel },
    compared,
  }
}
