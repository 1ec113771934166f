import type {
  ContextMode,
  Distribution,
  Inspection,
  TokenScore,
  ModelInfo,
  Section,
  TextRange,
  Token,
  TokenPrediction,
} from '../shared/contracts/prediction'
import { tokensOf, tokensTouching, type TokenizedText } from '../shared/contracts/tokenizedText'
import { countWindows, tokensSeenBefore } from './windows'
import { continuing } from '../shared/text/modelText'
import type { PredictionService } from './predictionService'

/** A range of the document, with its lines as people count them, from 1. */
export interface RequestedRange {
  readonly range: TextRange
  readonly lines: Section['lines']
}

export interface DocumentRequest {
  readonly id: string
  readonly documentUri: string
  readonly documentName: string
  /** The whole document. */
  readonly text: string
  /** Each becomes a section of its own. */
  readonly ranges: readonly RequestedRange[]
  readonly context: ContextMode
  readonly startToken: boolean
  /** 1 to 100. */
  readonly topK: number
}

/** The tokens that a section was scored in: what its logits can be computed from once more. */
export interface SectionSequence {
  /** Context and section. */
  readonly tokenIds: Int32Array
  /** The section is the tokens [from, to). */
  readonly from: number
  readonly to: number
}

/** An inspection that has not begun: all tokens, no prediction. */
export interface PreparedInspection {
  readonly inspection: Inspection
  /** By section. */
  readonly sequences: readonly SectionSequence[]
}

export interface InspectionListener {
  onReading?(section: number, done: number, total: number): void
  onPredictions?(section: number, predictions: readonly TokenPrediction[]): void
  onNext?(section: number, next: Distribution): void
  /** Another backend than the inspection's goes on with it. */
  onModel?(model: ModelInfo): void
}

/** Loads the model, tokenizes, and finds the tokens of every section. */
export async function prepareInspection(
  service: PredictionService,
  request: DocumentRequest,
  signal?: AbortSignal,
): Promise<PreparedInspection> {
  const model = await service.model({ signal })
  const sections: Section[] = []
  const sequences: SectionSequence[] = []
  for (const requested of request.ranges) {
    const { tokens, from, to } = await tokensOfRange(service, request, requested.range, signal)
    const layout = { nPositions: model.nPositions, startToken: request.startToken }
    const contextTokens = tokensSeenBefore({ from, to }, layout)
    const sectionTokens = tokensOf(tokens, from, to)
    sequences.push({ tokenIds: tokens.tokenIds.subarray(0, to), from, to })
    sections.push({
      ...requested,
      contextTokens,
      loneSurrogates: countLoneSurrogates(request.text, sectionTokens),
      contextExcerpt:
        contextTokens === 0
          ? ''
          : excerptBefore(request.text, sectionTokens[0]?.range.start ?? requested.range.start),
      tokens: sectionTokens,
      windows: countWindows({ from, to }, layout),
      predictions: [],
      next: null,
    })
  }
  const { id, documentUri, documentName, startToken, context, topK } = request
  const state = { kind: 'running' } as const
  return {
    inspection: { id, documentUri, documentName, model, startToken, context, topK, sections, state },
    sequences,
  }
}

/** Runs a prepared inspection section by section. Throws what `PredictionService.predict` throws. */
export async function runInspection(
  service: PredictionService,
  { inspection, sequences }: PreparedInspection,
  listener: InspectionListener,
  { signal, temperature = 1 }: { readonly signal?: AbortSignal; readonly temperature?: number } = {},
): Promise<void> {
  for (const [index, section] of inspection.sections.entries()) {
    let position = 0
    const toPrediction = (score: TokenScore | null): TokenPrediction => ({
      ...section.tokens[position],
      position: position++,
      score,
    })
    const { next } = await service.predict(
      {
        ...sequences[index],
        model: inspection.model,
        startToken: inspection.startToken,
        topK: inspection.topK,
        temperature,
      },
      {
        signal,
        onReading: (done, total) => listener.onReading?.(index, done, total),
        onScores: (scores) => listener.onPredictions?.(index, scores.map(toPrediction)),
        onContinued: (by) => listener.onModel?.(continuing(inspection.model, by)),
      },
    )
    if (next !== null) listener.onNext?.(index, next)
  }
}

export const CONTEXT_EXCERPT_UNITS = 48

async function tokensOfRange(
  service: PredictionService,
  { text, context }: DocumentRequest,
  range: TextRange,
  signal: AbortSignal | undefined,
): Promise<{ tokens: TokenizedText; from: number; to: number }> {
  if (context === 'document') {
    const tokens = await service.tokenize(text, { signal })
    return { tokens, ...tokensTouching(tokens, range) }
  }
  const tokens = await service.tokenize(text.slice(range.start, range.end), { signal })
  const inDocument = (offset: number) => offset + range.start
  return {
    tokens: { ...tokens, starts: tokens.starts.map(inDocument), ends: tokens.ends.map(inDocument) },
    from: 0,
    to: tokens.tokenIds.length,
  }
}

function excerptBefore(text: string, offset: number): string {
  return text.slice(Math.max(0, offset - CONTEXT_EXCERPT_UNITS), offset)
}

/** With the flag `u` the two halves of a pair are one character, and no surrogate. */
function countLoneSurrogates(text: string, tokens: readonly Token[]): number {
  const covered = text.slice(tokens.at(0)?.range.start ?? 0, tokens.at(-1)?.range.end ?? 0)
  return covered.match(/\p{Surrogate}/gu)?.length ?? 0
}
