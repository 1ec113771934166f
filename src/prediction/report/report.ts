// What the CLI prints and the extension's API returns: the inspection of a text as one plain object.

import type {
  Alternative,
  Backend,
  Distribution,
  TokenScore,
  ModelInfo,
  Summary,
  TokenPrediction,
} from '../../shared/contracts/prediction'
import { summarize } from '../../shared/numbers/summary'
import type { Vocabulary } from '../../shared/text/vocabulary'

export interface ReportedToken {
  readonly tokenId: number
  /** The token's bytes as UTF-8, with U+FFFD for what is not valid on its own. */
  readonly text: string
  /** Only where `text` is not all of it. */
  readonly bytes?: readonly number[]
  /** The token begins or ends inside a character; absent where it does not. */
  readonly partial?: true
}

export interface ReportedAlternative extends ReportedToken {
  /** Raw. */
  readonly logit: number
  /** Nats, at the report's temperature. */
  readonly logProb: number
}

/** One row of the logits, at the report's temperature. */
export interface ReportedDistribution {
  readonly logitsRow: number
  /** Bits. */
  readonly entropy: number
  /** The `topK` most likely tokens, most likely first. */
  readonly top: readonly ReportedAlternative[]
}

/** One token of the text; from `logitsRow` on all is null where the token has nothing before it. */
export interface ReportedPosition extends ReportedToken {
  readonly position: number
  /** UTF-16 offsets into the text as it was given. */
  readonly start: number
  readonly end: number
  readonly logitsRow: number | null
  /** Raw. */
  readonly logit: number | null
  /** Nats. */
  readonly logProb: number | null
  readonly rank: number | null
  /** Bits. */
  readonly surprisal: number | null
  /** Bits. */
  readonly entropy: number | null
  readonly top: readonly ReportedAlternative[] | null
}

export interface InspectionReport {
  /** Registry id, or the folder's name. */
  readonly model: string
  readonly backend: Backend
  readonly precision: ModelInfo['precision']
  /** How the model's files were read, where they are unusual: `Linear layout, transposed on load`. */
  readonly remarks: readonly string[]
  /** The input began with `<|endoftext|>`. */
  readonly bos: boolean
  readonly temperature: number
  readonly topK: number
  /** Tokens seen before the first of `positions`, the start token not counted. */
  readonly contextTokens: number
  readonly positions: readonly ReportedPosition[]
  /** What follows the last token; null where there is nothing at all to predict from. */
  readonly next: ReportedDistribution | null
  readonly summary: Summary
}

/** What was inspected, and how. */
export interface ReportInput {
  readonly model: ModelInfo
  readonly startToken: boolean
  readonly temperature: number
  readonly topK: number
  readonly contextTokens: number
  readonly windows: number
  readonly predictions: readonly TokenPrediction[]
  readonly next: Distribution | null
}

export function createReport(input: ReportInput, vocabulary: Vocabulary): InspectionReport {
  const { model, predictions, next } = input
  const surprisals = predictions.map(({ score }) => score?.surprisal ?? null)
  return {
    model: model.id,
    backend: model.backend,
    precision: model.precision,
    remarks: model.remarks,
    bos: input.startToken,
    temperature: input.temperature,
    topK: input.topK,
    contextTokens: input.contextTokens,
    positions: predictions.map((prediction) => reportPosition(prediction, vocabulary)),
    next: next && reportDistribution(next, vocabulary),
    summary: summarize(surprisals, input.windows),
  }
}

/** The token of `text` that a report stands for, byte by byte. */
export function bytesOfReported({ text, bytes }: ReportedToken): Uint8Array {
  return bytes === undefined ? new TextEncoder().encode(text) : Uint8Array.from(bytes)
}

/** A token's bytes as text, with U+FFFD for what is not UTF-8 on its own. */
export function decodeToken(bytes: Uint8Array): string {
  return UTF8.decode(bytes)
}

const UTF8 = new TextDecoder()

function reportPosition(prediction: TokenPrediction, vocabulary: Vocabulary): ReportedPosition {
  const { position, tokenId, range, score } = prediction
  return {
    position,
    ...reportToken(tokenId, vocabulary),
    start: range.start,
    end: range.end,
    ...(score === null ? UNSCORED : reportScore(score, vocabulary)),
  }
}

const UNSCORED = {
  logitsRow: null,
  logit: null,
  logProb: null,
  rank: null,
  surprisal: null,
  entropy: null,
  top: null,
}

function reportScore(score: TokenScore, vocabulary: Vocabulary) {
  const { logitsRow, entropy, top } = reportDistribution(score, vocabulary)
  const { logit, logProb, rank, surprisal } = score
  return { logitsRow, logit, logProb, rank, surprisal, entropy, top }
}

function reportDistribution(distribution: Distribution, vocabulary: Vocabulary): ReportedDistribution {
  const { logitsRow, entropy, top } = distribution
  return { logitsRow, entropy, top: top.map((alternative) => reportAlternative(alternative, vocabulary)) }
}

function reportAlternative(
  { tokenId, logit, logProb }: Alternative,
  vocabulary: Vocabulary,
): ReportedAlternative {
  return { ...reportToken(tokenId, vocabulary), logit, logProb }
}

function reportToken(tokenId: number, vocabulary: Vocabulary): ReportedToken {
  const bytes = vocabulary.bytesOf(tokenId)
  const text = decodeToken(bytes)
  return isWhole(text, bytes) ? { tokenId, text } : { tokenId, text, bytes: [...bytes], partial: true }
}

/** U+FFFD may also be what the token says; only then does it lead back to the same bytes. */
function isWhole(text: string, bytes: Uint8Array): boolean {
  if (!text.includes('\ufffd')) return true
  const encoded = new TextEncoder().encode(text)
  return encoded.length === bytes.length && encoded.every((byte, i) => byte === bytes[i])
}
