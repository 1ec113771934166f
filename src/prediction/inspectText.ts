import { continuing } from '../shared/text/modelText'
import { tokensOf } from '../shared/contracts/tokenizedText'
import { countWindows, tokensSeenBefore } from './windows'
import type { PredictionService } from './predictionService'
import { createReport, type InspectionReport } from './report/report'

export interface InspectTextRequest {
  readonly text: string
  /** Stands before the text; it is tokenized apart and not listed. */
  readonly context?: string
  readonly startToken: boolean
  /** 1 to 100. */
  readonly topK: number
  /** Above 0, at most 100. */
  readonly temperature: number
}

export interface InspectTextOptions {
  readonly signal?: AbortSignal
  /** How many of the text's tokens have been scored. */
  readonly onProgress?: (scored: number, tokens: number) => void
}

/** Inspects a text that belongs to no editor: what the CLI and the extension's API share. */
export async function inspectText(
  service: PredictionService,
  { text, context = '', startToken, topK, temperature }: InspectTextRequest,
  options: InspectTextOptions = {},
): Promise<InspectionReport> {
  const before = await service.tokenize(context, options)
  const inspected = await service.tokenize(text, options)
  const model = await service.model(options)
  const tokens = tokensOf(inspected)
  const from = before.tokenIds.length
  const span = { from, to: from + tokens.length }
  const layout = { nPositions: model.nPositions, startToken }

  let scored = 0
  let scoredBy = model
  const { scores, next } = await service.predict(
    {
      tokenIds: Int32Array.from([...before.tokenIds, ...inspected.tokenIds]),
      ...span,
      startToken,
      topK,
      temperature,
      model,
    },
    {
      signal: options.signal,
      onScores: (more) => {
        scored += more.length
        options.onProgress?.(scored, tokens.length)
      },
      onContinued: (by) => {
        scoredBy = continuing(model, by)
      },
    },
  )

  return createReport(
    {
      model: scoredBy,
      startToken,
      temperature,
      topK,
      contextTokens: tokensSeenBefore(span, layout),
      windows: countWindows(span, layout),
      predictions: tokens.map((token, position) => ({ ...token, position, score: scores[position] })),
      next,
    },
    await service.vocabulary(),
  )
}
