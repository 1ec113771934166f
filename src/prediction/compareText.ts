import type { BaselineModel } from '../shared/contracts/engineApi'
import { elementAt } from '../shared/elementAt'
import type { Comparisons } from './comparisons'
import { prepareText } from './inspectText'
import type { PredictionService } from './predictionService'
import type { TextComparison } from './report/comparisonReport'

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
  { signal, onProgress }: CompareTextOptions = {},
): Promise<TextComparison> {
  const { text, baselineText = text, baselineModel, startToken, topK } = request
  const shown = await prepareText(service, request, signal)
  const baseline = await prepareText(service, { ...request, text: baselineText }, signal)
  let compared = 0
  let shared = 0
  const comparison = await comparisons.compare(
    {
      shown: elementAt(shown.sequences, 0),
      baseline: elementAt(baseline.sequences, 0),
      baselineModel,
      startToken,
      topK,
      model: shown.inspection.model,
    },
    {
      signal,
      onStart: (sides) => {
        shared = sides.shared
      },
      onTokens: (tokens) => {
        compared += tokens.length
        onProgress?.(compared, shared)
      },
    },
  )
  return { ...comparison, shownText: shown.inspection, baselineText: baseline.inspection }
}
