import * as vscode from 'vscode'
import { signalOf } from '../editor/cancellation'
import { offsetsOf, targetOfRanges, wholeRange } from '../editor/inspectionTarget'
import { finishInspection, prepareInspection } from '../prediction/inspectDocument'
import { inspectText } from '../prediction/inspectText'
import type { PredictionService } from '../prediction/predictionService'
import { type InspectionReport, reportOf } from '../prediction/report/report'
import { type ContextMode, DEFAULT_TOP_K } from '../shared/contracts/prediction'

/** A text, or a document with an optional range; without a range the whole document. */
export type InspectSubject =
  { readonly text: string } | { readonly uri: vscode.Uri; readonly range?: vscode.Range }

export interface InspectOptions {
  /** Whether to put `<|endoftext|>` in front of the text; default true. */
  readonly startToken?: boolean
  /** The context of a document's range: the document's text before it (default), or none. */
  readonly context?: ContextMode
  /** Number of most likely tokens per position, 1 to 100, default 10. */
  readonly topK?: number
  /** Above 0, at most 100, default 1. */
  readonly temperature?: number
  readonly cancellationToken?: vscode.CancellationToken
}

/** What `activate` returns to other extensions. */
export interface LogitscopeApi {
  /**
   * Scores every token of a text or of a document's range. Resolves with the object that the CLI prints as JSON.
   * @throws InvalidRequestError, CancelledError, and the named errors of the engine
   */
  inspect(subject: InspectSubject, options?: InspectOptions): Promise<InspectionReport>
}

export function createApi(service: PredictionService): LogitscopeApi {
  return {
    async inspect(subject, options = {}) {
      const { startToken = true, context = 'document', topK = DEFAULT_TOP_K, temperature = 1 } = options
      const signal = options.cancellationToken && signalOf(options.cancellationToken)
      if ('text' in subject) {
        const request = { text: subject.text, startToken, topK, temperature }
        const inspection = await inspectText(service, request, { signal })
        return reportOf(inspection, await service.vocabulary(), { temperature })
      }

      const document = await vscode.workspace.openTextDocument(subject.uri)
      const range = subject.range === undefined ? wholeRange(document) : offsetsOf(document, subject.range)
      const { text, ranges } = targetOfRanges(document, [range])
      const { uri, fileName } = document
      const prepared = await prepareInspection(
        service,
        {
          id: '',
          documentUri: uri.toString(),
          documentName: fileName,
          text,
          ranges,
          context,
          startToken,
          topK,
        },
        signal,
      )
      const inspection = await finishInspection(service, prepared, { signal, temperature })
      return reportOf(inspection, await service.vocabulary(), { temperature })
    },
  }
}
