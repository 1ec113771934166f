import type { BaselineModel } from '../../shared/contracts/engine/engineApi'
import type { ComparedToken } from '../../shared/contracts/panel/comparison'
import { type BaselineSide, compareInspection } from './compareInspection'
import type { ComparedModels, Comparisons } from './comparisons'
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
  const { text, baselineText = text, baselineModel: model } = request
  const shown = await prepareText(service, request, options.signal)
  const { sequences } = await prepareText(service, { ...request, text: baselineText }, options.signal)
  return comparePrepared(comparisons, { shown, baseline: { model, sequences } }, options)
}

/**
 * Compares an inspection of one section, and resolves to the content of its report.
 * @throws what `Comparisons.compare` throws
 */
export async function comparePrepared(
  comparisons: Comparisons,
  sides: { readonly shown: PreparedInspection; readonly baseline: BaselineSide },
  { signal, onProgress }: CompareTextOptions = {},
): Promise<SectionComparison> {
  const { inspection } = sides.shown
  const tokens: ComparedToken[] = []
  let models: ComparedModels = { shown: inspection.model, baseline: inspection.model }
  let shared = 0
  let rest: Omit<SectionComparison['compared'], 'tokens'> = { contextTokens: null, isComplete: true }
  await compareInspection(comparisons, sides, {
    signal,
    onStart: (_, { model, baseline, contextTokens, isComplete, shared: count }) => {
      models = { shown: model, baseline }
      shared = count
      rest = { contextTokens, isComplete }
    },
    onModels: (others) => {
      models = others
    },
    onTokens: (_, more) => {
      tokens.push(...more)
      onProgress?.(tokens.length, shared)
    },
  })
  return { inspection, section: 0, models, compared: { tokens, ...rest } }
}
