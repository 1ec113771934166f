import * as vscode from 'vscode'
import { signalOf } from '../editor/cancellation'
import { offsetsOf, targetOfRanges, wholeRange } from '../editor/documents/inspectionTarget'
import { readPrecision, readSettings } from '../editor/settings'
import { comparePrepared } from '../prediction/compare/compareText'
import type { Comparisons } from '../prediction/compare/comparisons'
import type { Explanations } from '../prediction/explain/explanations'
import { explainToken, positionError, type TokenChoice } from '../prediction/explain/explainToken'
import {
  finishInspection,
  prepareInspection,
  type PreparedInspection,
} from '../prediction/windows/inspectDocument'
import { prepareText } from '../prediction/windows/inspectText'
import { lensOfSection } from '../prediction/explain/lensOfSection'
import type { PredictionService } from '../prediction/windows/predictionService'
import { type ComparisonReport, comparisonReportOf } from '../prediction/report/json/comparisonReport'
import { type LensReport, lensReportOf } from '../prediction/report/json/lensReport'
import { type InspectionReport, reportOf } from '../prediction/report/report'
import { type WhyReport, whyReportOf } from '../prediction/report/json/whyReport'
import type { BaselineModel, ModelLocation } from '../shared/contracts/engine/engineApi'
import { LENS_TOP_K } from '../shared/contracts/engine/explanation'
import type { ContextMode } from '../shared/contracts/panel/inspection'
import { DEFAULT_TOP_K, type Precision } from '../shared/contracts/engine/prediction'
import { elementAt } from '../shared/elementAt'

/** A text, or a document with an optional range; without a range the whole document. */
export type InspectSubject =
  { readonly text: string } | { readonly uri: vscode.Uri; readonly range?: vscode.Range }

export interface SubjectOptions {
  /** Whether to put `<|endoftext|>` in front of the text; default true. */
  readonly startToken?: boolean
  /** The context of a document's range: the document's text before it (default), or none. */
  readonly context?: ContextMode
  readonly cancellationToken?: vscode.CancellationToken
}

export interface InspectOptions extends SubjectOptions {
  /** Number of most likely tokens per position, 1 to 100, default 10. */
  readonly topK?: number
  /** Above 0, at most 100, default 1. */
  readonly temperature?: number
}

export interface LensOptions extends SubjectOptions {
  /** Number of most likely tokens per layer, 1 to 100, default 10. */
  readonly topK?: number
  /**
   * The positions [from, end), counted from the subject's first token; its number of tokens is the position of the row after
   * the last one. Default: all rows.
   */
  readonly positions?: { readonly from: number; readonly end: number }
}

export interface WhyOptions extends SubjectOptions {
  /** Position of the token, counted from the subject's first one; `next` is the row after the last one. */
  readonly at: number | 'next'
  /** The token to explain. Default: the one that stands there; for `next` the most likely one. */
  readonly token?: TokenChoice
  /** The contrast of the token's logit: a token, the mean of all, or null for nothing. Default: the most likely other token. */
  readonly against?: TokenChoice | 'mean' | null
}

/** The other side of a comparison: another model on the same tokens, or the same model on another text or with another context. */
export type CompareBaseline = InspectSubject | ModelChoice | { readonly context: ContextMode }

export interface ModelChoice {
  /** An id or a folder. Default: the selected model. */
  readonly model?: string
  /** Default: the precision that the model runs in. */
  readonly precision?: Precision
}

/** The object that `activate` returns to other extensions. */
export interface LogitscopeApi {
  /**
   * Scores every token of a text or of a document's range. Resolves with the object that the CLI prints as JSON.
   * @throws InvalidRequestError, CancelledError, and the named errors of the engine
   */
  inspect(subject: InspectSubject, options?: InspectOptions): Promise<InspectionReport>
  /**
   * The prediction of every layer, by the logit lens. Resolves with the object that the CLI prints as JSON.
   * @throws InvalidRequestError, CancelledError, and the named errors of the engine
   */
  lens(subject: InspectSubject, options?: LensOptions): Promise<LensReport>
  /**
   * Why a token is predicted, by direct logit attribution. Resolves with the object that the CLI prints as JSON.
   * @throws InvalidRequestError, AttributionNeedsFp32Error in int8, CancelledError, and the named errors of the engine
   */
  why(subject: InspectSubject, options: WhyOptions): Promise<WhyReport>
  /**
   * Compares every token of a text or range that both sides have. Resolves with the object that the CLI prints as JSON.
   * @throws InvalidRequestError, OutOfMemoryError, CancelledError, and the named errors of the engine
   */
  compare(
    subject: InspectSubject,
    baseline: CompareBaseline,
    options?: SubjectOptions,
  ): Promise<ComparisonReport>
}

/** The services that the API calls. */
export interface ApiServices {
  readonly service: PredictionService
  readonly explanations: Explanations
  readonly comparisons: Comparisons
  /** Where a model is, an id or a folder. */
  readonly locate: (model: string) => ModelLocation
}

export function createApi({ service, explanations, comparisons, locate }: ApiServices): LogitscopeApi {
  const baselineModelOf = ({ model = readSettings().model, precision }: ModelChoice): BaselineModel => ({
    location: locate(model),
    precision: precision ?? readPrecision(model),
  })
  return {
    async inspect(subject, options = {}) {
      const { topK = DEFAULT_TOP_K, temperature = 1 } = options
      const { prepared, signal } = await prepare(service, subject, { ...options, topK })
      const inspection = await finishInspection(service, prepared, { signal, temperature })
      return reportOf(inspection, await service.vocabulary(), { temperature })
    },
    async lens(subject, options = {}) {
      const { topK = LENS_TOP_K } = options
      const { prepared, signal } = await prepare(service, subject, { ...options, topK })
      const { from: first, to } = elementAt(prepared.sequences, 0)
      const count = to - first
      const { from, end } = options.positions ?? { from: 0, end: count + 1 }
      const isInside = Number.isInteger(from) && Number.isInteger(end) && from >= 0 && end <= count + 1
      if (!isInside || from >= end) throw positionError(`${from}..${end - 1}`, count)
      const lens = await lensOfSection(explanations, { prepared, from, end, topK }, { signal })
      return lensReportOf(lens, await service.vocabulary())
    },
    async why(subject, options) {
      const { at, token, against } = options
      const { prepared, signal } = await prepare(service, subject, { ...options, topK: 1 })
      const explained = await explainToken(
        { service, explanations },
        { prepared, at, token, contrast: against },
        { signal },
      )
      return whyReportOf(explained, await service.vocabulary())
    },
    async compare(subject, other, options = {}) {
      const request = { ...options, topK: 1 }
      const { prepared: shown, signal } = await prepare(service, subject, request)
      const isModel = !('text' in other || 'uri' in other || 'context' in other)
      const { prepared: baseline } = isModel
        ? { prepared: shown }
        : 'context' in other
          ? await prepare(service, subject, { ...request, context: other.context })
          : await prepare(service, other, request)
      const baselineModel = isModel ? baselineModelOf(other) : undefined
      try {
        const side = { model: baselineModel, sequences: baseline.sequences }
        const comparison = await comparePrepared(comparisons, { shown, baseline: side }, { signal })
        return comparisonReportOf(comparison, await service.vocabulary())
      } finally {
        // The comparison in the panel loads its model again when it needs it.
        if (baselineModel !== undefined) await comparisons.end()
      }
    },
  }
}

/** Tokenizes a subject, as one section. */
async function prepare(
  service: PredictionService,
  subject: InspectSubject,
  options: SubjectOptions & { readonly topK: number },
): Promise<{ readonly prepared: PreparedInspection; readonly signal: AbortSignal | undefined }> {
  const { startToken = true, context = 'document', topK, cancellationToken } = options
  const signal = cancellationToken && signalOf(cancellationToken)
  if ('text' in subject) {
    return { prepared: await prepareText(service, { text: subject.text, startToken, topK }, signal), signal }
  }
  const document = await vscode.workspace.openTextDocument(subject.uri)
  const range = subject.range === undefined ? wholeRange(document) : offsetsOf(document, subject.range)
  const { text, ranges } = targetOfRanges(document, [range])
  const { uri, fileName } = document
  const prepared = await prepareInspection(
    service,
    { id: '', documentUri: uri.toString(), documentName: fileName, text, ranges, context, startToken, topK },
    signal,
  )
  return { prepared, signal }
}
