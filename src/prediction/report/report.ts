// The object that the CLI prints as JSON, the extension's API returns and the JSON export writes.

import type { Inspection, Section } from '../../shared/contracts/panel/inspection'
import type {
  Alternative,
  Backend,
  Distribution,
  ModelInfo,
  Summary,
  TokenPrediction,
  TokenScore,
} from '../../shared/contracts/engine/prediction'
import { elementAt } from '../../shared/elementAt'
import { summarizeInspection } from '../../shared/numbers/summary'
import type { Vocabulary } from '../../shared/text/vocabulary'

export interface ReportedToken {
  readonly tokenId: number
  /** The token's bytes decoded as UTF-8; U+FFFD replaces bytes that are not valid UTF-8 by themselves. */
  readonly text: string
  /** The token's bytes; present only if `text` does not encode to exactly these bytes. */
  readonly bytes?: readonly number[]
  /** The token begins or ends inside a character; absent otherwise. */
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

/** One token of the text. If nothing precedes the token, `logitsRow` and all fields after it are null. */
export interface ReportedPosition extends ReportedToken {
  readonly position: number
  /** UTF-16 offsets into the given text. */
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

/** The facts about the model and about the input before the text that every report has. */
export interface ReportedProvenance {
  /** Registry id, or the folder's name. */
  readonly model: string
  readonly backend: Backend
  readonly precision: ModelInfo['precision']
  /** Differences from OpenAI's own files and how they were handled: `Linear layout, transposed on load`. */
  readonly remarks: readonly string[]
  /** Whether the input began with `<|endoftext|>`. */
  readonly bos: boolean
  /** Number of tokens that the model saw before the text's first one, without the start token. */
  readonly contextTokens: number
}

export interface InspectionReport extends ReportedProvenance {
  readonly temperature: number
  readonly topK: number
  readonly positions: readonly ReportedPosition[]
  /** The distribution after the last token; null if there is no token to predict from. */
  readonly next: ReportedDistribution | null
  readonly summary: Summary
}

/** A report whose positions can be read once. Those of a long text take more memory together than there is. */
export type StreamedReport = Omit<InspectionReport, 'positions'> & {
  readonly positions: Iterable<ReportedPosition>
}

export interface ReportOptions {
  /** Index of the section; default 0. */
  readonly section?: number
  /** The temperature that the section was scored at; default 1. */
  readonly temperature?: number
}

/** The report on one section of an inspection, with the predictions that it has so far. */
export function reportOf(
  inspection: Inspection,
  vocabulary: Vocabulary,
  options: ReportOptions = {},
): InspectionReport {
  const report = streamedReportOf(inspection, vocabulary, options)
  return { ...report, positions: [...report.positions] }
}

/** The same report with positions that are made while they are read. */
export function streamedReportOf(
  inspection: Inspection,
  vocabulary: Vocabulary,
  options: ReportOptions = {},
): StreamedReport {
  const section = elementAt(inspection.sections, options.section ?? 0)
  return {
    ...settingsOf(inspection, options),
    positions: positionsOf(section, vocabulary),
    next: nextOf(section, vocabulary),
    summary: summarizeInspection([section]),
  }
}

/** The fields of a report before its positions. */
export function settingsOf(
  inspection: Inspection,
  { section = 0, temperature = 1 }: ReportOptions,
): Omit<InspectionReport, 'positions' | 'next' | 'summary'> {
  const { contextTokens, ...provenance } = reportedProvenance(inspection, section)
  return { ...provenance, temperature, topK: inspection.topK, contextTokens }
}

/** @param section index of the section */
export function reportedProvenance(
  { model, startToken, sections }: Inspection,
  section = 0,
): ReportedProvenance {
  return {
    model: model.id,
    backend: model.backend,
    precision: model.precision,
    remarks: model.remarks,
    bos: startToken,
    contextTokens: elementAt(sections, section).contextTokens,
  }
}

export function nextOf({ next }: Section, vocabulary: Vocabulary): ReportedDistribution | null {
  return next && reportDistribution(next, vocabulary)
}

export function* positionsOf(section: Section, vocabulary: Vocabulary): Generator<ReportedPosition> {
  for (const prediction of section.predictions) yield reportPosition(prediction, vocabulary)
}

/** The bytes of a token in a report. */
export function bytesOfReported({ text, bytes }: ReportedToken): Uint8Array {
  return bytes === undefined ? new TextEncoder().encode(text) : Uint8Array.from(bytes)
}

/** Decodes a token's bytes as UTF-8, with U+FFFD for bytes that are not valid UTF-8 by themselves. */
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
  return {
    logitsRow,
    entropy,
    top: Array.from(top, (alternative) => reportAlternative(alternative, vocabulary)),
  }
}

function reportAlternative(
  { tokenId, logit, logProb }: Alternative,
  vocabulary: Vocabulary,
): ReportedAlternative {
  const { text, bytes } = reportToken(tokenId, vocabulary)
  // Not by spreading: V8 gives each object made that way a hidden class of its own, and a report has millions.
  return bytes === undefined
    ? { tokenId, text, logit, logProb }
    : { tokenId, text, bytes, partial: true, logit, logProb }
}

export function reportToken(tokenId: number, vocabulary: Vocabulary): ReportedToken {
  const bytes = vocabulary.bytesOf(tokenId)
  const text = decodeToken(bytes)
  return isWhole(text, bytes) ? { tokenId, text } : { tokenId, text, bytes: [...bytes], partial: true }
}

/** Whether `text` encodes to exactly `bytes`. A token can also contain a real U+FFFD. */
function isWhole(text: string, bytes: Uint8Array): boolean {
  if (!text.includes('\ufffd')) return true
  const encoded = new TextEncoder().encode(text)
  return encoded.length === bytes.length && encoded.every((byte, i) => byte === bytes[i])
}
