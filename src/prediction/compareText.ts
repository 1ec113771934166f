import type { BaselineModel } from '../shared/contracts/engineApi'
import { elementAt } from '../shared/elementAt'
import type { Inspection } from '../shared/contracts/inspection'
import { type Comparisons, layoutOfSides } from './comparisons'
import type { PreparedInspection } from './inspectDocument'
import { prepareText } from './inspectText'
import type { PredictionService } from './predictionService'
import type { TextComparison } from './report/comparisonReport'
import { tokensSeenBefore, type WindowLayout } from './windows'

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
): Promise<TextComparison> {
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
): Promise<TextComparison> {
  const { startToken, topK, model } = shown.inspection
  let compared = 0
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
        compared += tokens.length
        onProgress?.(compared, shared)
      },
    },
  )
  const layout = layoutOfSides(comparison, startToken)
  return {
    ...comparison,
    shownText: inWindowsOf(layout, shown),
    baselineText: inWindowsOf(layout, baseline),
  }
}

/** The inspection, which says how many tokens the model sees before the text in these windows. */
function inWindowsOf(layout: WindowLayout, { inspection, sequences }: PreparedInspection): Inspection {
  const sections = inspection.sections.map((section, i) => ({
    ...section,
    contextTokens: tokensSeenBefore(elementAt(sequences, i), layout),
  }))
  return { ...inspection, sections }
}
