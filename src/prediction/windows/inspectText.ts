import type { Inspection } from '../../shared/contracts/panel/inspection'
import { tokensOf } from '../../shared/contracts/engine/tokenizedText'
import { tokenCount } from '../../shared/numbers/summary'
import { finishInspection, type PreparedInspection } from './inspectDocument'
import type { PredictionService } from './predictionService'
import { countWindows, tokensSeenBefore } from './windows'

export interface InspectTextRequest {
  readonly text: string
  /** Precedes the text. It is tokenized separately, and its tokens are not in the report. */
  readonly context?: string
  readonly startToken: boolean
  /** 1 to 100. */
  readonly topK: number
  /** Above 0, at most 100. */
  readonly temperature: number
}

export interface InspectTextOptions {
  readonly signal?: AbortSignal
  /** Called with the number of the text's tokens that are scored, and the number of all its tokens. */
  readonly onProgress?: (scored: number, tokens: number) => void
}

/**
 * Inspects a text that belongs to no document, for the CLI and the extension's API.
 * @throws what `PredictionService.tokenize` and `PredictionService.predict` throw
 */
export async function inspectText(
  service: PredictionService,
  request: InspectTextRequest,
  { signal, onProgress }: InspectTextOptions = {},
): Promise<Inspection> {
  const { temperature } = request
  const prepared = await prepareText(service, request, signal)
  const tokens = tokenCount(prepared.inspection.sections)
  return finishInspection(service, prepared, {
    signal,
    temperature,
    onProgress: (scored) => onProgress?.(scored, tokens),
  })
}

/**
 * Loads the model and tokenizes a text that belongs to no document, as one section.
 * @throws what `PredictionService.model` and `PredictionService.tokenize` throw
 */
export async function prepareText(
  service: PredictionService,
  { text, context = '', startToken, topK }: Omit<InspectTextRequest, 'temperature'>,
  signal?: AbortSignal,
): Promise<PreparedInspection> {
  const before = await service.tokenize(context, { signal })
  const inspected = await service.tokenize(text, { signal })
  const model = await service.model({ signal })
  const from = before.tokenIds.length
  const span = { from, to: from + inspected.tokenIds.length }
  const layout = { nPositions: model.nPositions, startToken }
  const inspection: Inspection = {
    id: '',
    documentUri: '',
    documentName: '',
    model,
    startToken,
    context: 'document',
    topK,
    sections: [
      {
        range: { start: 0, end: text.length },
        lines: { first: 1, last: 1 },
        contextTokens: tokensSeenBefore(span, layout),
        contextExcerpt: '',
        loneSurrogates: 0,
        tokens: tokensOf(inspected),
        windows: countWindows(span, layout),
        predictions: [],
        next: null,
      },
    ],
    state: { kind: 'running' },
  }
  const tokenIds = new Int32Array(span.to)
  tokenIds.set(before.tokenIds)
  tokenIds.set(inspected.tokenIds, from)
  return { inspection, sequences: [{ tokenIds, ...span }] }
}
