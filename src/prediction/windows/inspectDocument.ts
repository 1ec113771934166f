import type { ContextMode, Inspection, Section } from '../../shared/contracts/panel/inspection'
import type {
  Distribution,
  ModelInfo,
  TextRange,
  Token,
  TokenPrediction,
  TokenScore,
} from '../../shared/contracts/engine/prediction'
import { tokensOf, tokensTouching, type TokenizedText } from '../../shared/contracts/engine/tokenizedText'
import { countWindows, tokensSeenBefore, type TokenSpan } from './windows'
import { delay } from '../../shared/delay'
import { elementAt } from '../../shared/elementAt'
import { continuedModel } from '../../shared/text/modelText'
import type { PredictionService } from './predictionService'

/** A range of the document and its first and last line, counted from 1. */
export interface RequestedRange {
  readonly range: TextRange
  readonly lines: Section['lines']
}

export interface DocumentRequest {
  readonly id: string
  readonly documentUri: string
  readonly documentName: string
  /** Text that precedes the document and is context of its tokens: the cells before a notebook's cell. Default empty. */
  readonly textBefore?: string
  /** The whole document. */
  readonly text: string
  /** Each range becomes one section. */
  readonly ranges: readonly RequestedRange[]
  readonly context: ContextMode
  readonly startToken: boolean
  /** 1 to 100. */
  readonly topK: number
}

/** The token sequence that a section is scored in; its rows of logits can be recomputed from it. */
export interface SectionSequence {
  /** The context's tokens, then the section's; without the start token. */
  readonly tokenIds: Int32Array
  /** The section's tokens are [from, to). */
  readonly from: number
  readonly to: number
}

/** An inspection that has all of its tokens and no predictions yet. */
export interface PreparedInspection {
  readonly inspection: Inspection
  /** One for each section. */
  readonly sequences: readonly SectionSequence[]
}

export interface InspectionListener {
  /** The engine has processed `done` of the `total` positions before the section. */
  onReading?(section: number, done: number, total: number): void
  onPredictions?(section: number, predictions: readonly TokenPrediction[]): void
  onNext?(section: number, next: Distribution): void
  /** Another backend continues the inspection; later predictions come from this model. */
  onModel?(model: ModelInfo): void
}

/**
 * Loads the model, tokenizes the text and finds the tokens of every section.
 * @throws what `PredictionService.model` and `PredictionService.tokenize` throw
 */
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
    const sectionTokens = await tokensInTurns(tokens, { from, to }, signal)
    sequences.push({ tokenIds: tokens.tokenIds.subarray(0, to), from, to })
    sections.push({
      ...requested,
      contextTokens,
      loneSurrogates: countLoneSurrogates(request.text, sectionTokens),
      contextExcerpt:
        contextTokens === 0
          ? ''
          : excerptBefore(request, sectionTokens[0]?.range.start ?? requested.range.start),
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

export interface RunOptions {
  readonly signal?: AbortSignal
  /** Above 0, at most 100; default 1. */
  readonly temperature?: number
}

/**
 * Runs an inspection section by section. Tokens that already have a prediction are not scored again: the others are scored
 * in the windows of the whole text, so the results are those of an unbroken run.
 * @throws what `PredictionService.predict` throws
 */
export async function runInspection(
  service: PredictionService,
  { inspection, sequences }: PreparedInspection,
  listener: InspectionListener,
  { signal, temperature = 1 }: RunOptions = {},
): Promise<void> {
  for (const [index, section] of inspection.sections.entries()) {
    if (section.next !== null) continue
    const sequence = elementAt(sequences, index)
    let position = section.predictions.length
    const toPrediction = (score: TokenScore | null): TokenPrediction => {
      const { tokenId, range, partial } = elementAt(section.tokens, position)
      return { tokenId, range, partial, position: position++, score }
    }
    const { next } = await service.predict(
      {
        ...sequence,
        from: sequence.from + position,
        model: inspection.model,
        startToken: inspection.startToken,
        topK: inspection.topK,
        temperature,
      },
      {
        signal,
        onReading: (done, total) => listener.onReading?.(index, done, total),
        onScores: (scores) => listener.onPredictions?.(index, scores.map(toPrediction)),
        onContinued: (by) => listener.onModel?.(continuedModel(inspection.model, by)),
      },
    )
    if (next !== null) listener.onNext?.(index, next)
  }
}

/**
 * Runs a prepared inspection and resolves to it with all predictions.
 * @throws what `PredictionService.predict` throws
 */
export async function finishInspection(
  service: PredictionService,
  prepared: PreparedInspection,
  { onProgress, ...options }: RunOptions & { readonly onProgress?: (scored: number) => void } = {},
): Promise<Inspection> {
  const started = performance.now()
  const results = prepared.inspection.sections.map((): SectionResult => ({ predictions: [], next: null }))
  let scored = 0
  let { model } = prepared.inspection
  await runInspection(
    service,
    prepared,
    {
      onPredictions: (section, predictions) => {
        elementAt(results, section).predictions.push(...predictions)
        scored += predictions.length
        onProgress?.(scored)
      },
      onNext: (section, next) => {
        elementAt(results, section).next = next
      },
      onModel: (other) => {
        model = other
      },
    },
    options,
  )
  return {
    ...prepared.inspection,
    model,
    sections: prepared.inspection.sections.map((section, i) => ({ ...section, ...elementAt(results, i) })),
    state: { kind: 'done', seconds: (performance.now() - started) / 1000 },
  }
}

interface SectionResult {
  readonly predictions: TokenPrediction[]
  next: Distribution | null
}

/** Length of `Section.contextExcerpt`, in UTF-16 units. */
export const CONTEXT_EXCERPT_UNITS = 48

/** Number of tokens that are made in one turn of the thread, in about two milliseconds. */
const TOKENS_PER_TURN = 8_192

/** Half a million tokens made at once would hold the extension host for a tenth of a second. */
async function tokensInTurns(
  tokens: TokenizedText,
  { from, to }: TokenSpan,
  signal: AbortSignal | undefined,
): Promise<Token[]> {
  const made: Token[] = []
  for (let first = from; first < to; first += TOKENS_PER_TURN) {
    if (first > from) await delay(0, signal)
    made.push(...tokensOf(tokens, first, Math.min(first + TOKENS_PER_TURN, to)))
  }
  return made
}

async function tokensOfRange(
  service: PredictionService,
  { textBefore = '', text, context }: DocumentRequest,
  { start, end }: TextRange,
  signal: AbortSignal | undefined,
): Promise<{ tokens: TokenizedText; from: number; to: number }> {
  if (context === 'document') {
    const before = textBefore.length
    const tokens = await service.tokenize(textBefore + text, { signal })
    const touching = tokensTouching(tokens, { start: start + before, end: end + before })
    return { tokens: before === 0 ? tokens : shifted(tokens, -before), ...touching }
  }
  const tokens = await service.tokenize(text.slice(start, end), { signal })
  return { tokens: shifted(tokens, start), from: 0, to: tokens.tokenIds.length }
}

/** The tokens with offsets into the document; a token that begins before the document begins at its start. */
function shifted(tokens: TokenizedText, by: number): TokenizedText {
  const inDocument = (offset: number) => Math.max(0, offset + by)
  return { ...tokens, starts: tokens.starts.map(inDocument), ends: tokens.ends.map(inDocument) }
}

function excerptBefore({ textBefore = '', text }: DocumentRequest, offset: number): string {
  const end = textBefore.length + offset
  return (textBefore + text).slice(Math.max(0, end - CONTEXT_EXCERPT_UNITS), end)
}

/** Counts surrogates without their other half in the text that the tokens cover. */
function countLoneSurrogates(text: string, tokens: readonly Token[]): number {
  const covered = text.slice(tokens.at(0)?.range.start ?? 0, tokens.at(-1)?.range.end ?? 0)
  // With the flag `u` a complete pair matches as one character, which is not a surrogate.
  return covered.match(/\p{Surrogate}/gu)?.length ?? 0
}
