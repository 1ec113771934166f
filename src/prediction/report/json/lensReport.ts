// The logit lens as the object that the CLI prints as JSON and the extension's API returns.
// L = nLayer; K = the number of tokens listed at each layer

import type { LensRow } from '../../../shared/contracts/engine/explanation'
import type { Inspection } from '../../../shared/contracts/panel/inspection'
import { elementAt } from '../../../shared/elementAt'
import { layerCount, mostLikelyAt, predictionDepth } from '../../../shared/numbers/lens'
import type { Vocabulary } from '../../../shared/text/vocabulary'
import { printableJson } from './json'
import { joinRecords, type Piece } from '../pieces'
import { type ReportedProvenance, reportedProvenance, type ReportedToken, reportToken } from '../report'

export interface ReportedLensToken extends ReportedToken {
  /** Nats. */
  readonly logProb: number
}

/** The prediction of one layer. */
export interface ReportedLayer {
  readonly entropyBits: number
  /** KL(output ‖ layer); 0 at the output. */
  readonly klNats: number
  /** The K most likely tokens, most likely first. */
  readonly top: readonly ReportedLensToken[]
}

/** The prediction of one layer, and how likely it makes the token that stands there. */
export interface ReportedTokenLayer extends ReportedLayer {
  /** Nats. */
  readonly logProb: number
  /** 1 is the most likely. */
  readonly rank: number
}

/** One token of the text. If nothing precedes the token, `logitsRow` and all fields after it are null. */
export interface ReportedLensPosition extends ReportedToken {
  readonly position: number
  readonly logitsRow: number | null
  /** Prediction depth, an index into the report's `layers`. */
  readonly depth: number | null
  /** [L + 1] */
  readonly layers: readonly ReportedTokenLayer[] | null
}

/** The row after the last token. */
export interface ReportedLensNext {
  readonly logitsRow: number
  readonly depth: number
  /** [L + 1] */
  readonly layers: readonly ReportedLayer[]
}

export interface LensReport extends ReportedProvenance {
  readonly topK: number
  /** [L + 1] `embeddings`, `h.0` … */
  readonly layers: readonly string[]
  readonly positions: readonly ReportedLensPosition[]
  /** Null if the row was not requested, or if nothing precedes it. */
  readonly next: ReportedLensNext | null
}

/** A report whose positions can be read once. */
export type StreamedLensReport = Omit<LensReport, 'positions'> & {
  readonly positions: Iterable<ReportedLensPosition>
}

/** Rows of the logit lens of a section. */
export interface SectionLens {
  readonly inspection: Inspection
  /** Index of the section; default 0. */
  readonly section?: number
  /** The first requested position; default 0. */
  readonly from?: number
  /** By position; the section's number of tokens is the position of the row after the last one. */
  readonly rows: ReadonlyMap<number, LensRow>
  readonly topK: number
}

export function lensReportOf(lens: SectionLens, vocabulary: Vocabulary): LensReport {
  const report = streamedLensReportOf(lens, vocabulary)
  return { ...report, positions: [...report.positions] }
}

/** The same report with positions that are made while they are read. */
export function streamedLensReportOf(lens: SectionLens, vocabulary: Vocabulary): StreamedLensReport {
  const { inspection, section = 0, rows, topK } = lens
  const { tokens } = elementAt(inspection.sections, section)
  const next = rows.get(tokens.length)
  return {
    ...reportedProvenance(inspection, section),
    topK,
    layers: layerNames(inspection.model.nLayer),
    positions: positionsOf(lens, vocabulary),
    next: next === undefined ? null : reportRow(next, vocabulary, layerOf),
  }
}

/** [L + 1] `embeddings`, `h.0` … */
export function layerNames(nLayer: number): string[] {
  return ['embeddings', ...Array.from({ length: nLayer }, (_, layer) => `h.${layer}`)]
}

/** The text of the property `lens` in the JSON of a section's inspection, which has the provenance already. */
export function* lensProperty(lens: SectionLens, vocabulary: Vocabulary): Generator<string> {
  const { topK, layers, positions, next } = streamedLensReportOf(lens, vocabulary)
  yield `"lens":${printableJson({ topK, layers }).slice(0, -1)},"positions":[`
  yield* positionRecords(positions)
  yield `\n],${printableJson({ next }).slice(1)}`
}

/** The report as JSON, with one token on each line. It is made piece by piece, because that of a long text is long. */
export function lensJsonPieces(report: StreamedLensReport): Generator<Piece> {
  return joinRecords(jsonRecords(report))
}

function* jsonRecords({ positions, next, ...settings }: StreamedLensReport): Generator<string> {
  yield `${printableJson(settings).slice(0, -1)},"positions":[`
  yield* positionRecords(positions)
  yield `\n],${printableJson({ next }).slice(1)}\n`
}

function* positionRecords(positions: Iterable<ReportedLensPosition>): Generator<string> {
  let separator = '\n'
  for (const position of positions) {
    yield `${separator}${printableJson(position)}`
    separator = ',\n'
  }
}

function* positionsOf(
  { inspection, section = 0, from = 0, rows }: SectionLens,
  vocabulary: Vocabulary,
): Generator<ReportedLensPosition> {
  const { tokens, contextTokens } = elementAt(inspection.sections, section)
  const isFirstUnscored = from === 0 && !inspection.startToken && contextTokens === 0
  for (const [position, { tokenId }] of tokens.entries()) {
    const row = rows.get(position)
    const token = { position, ...reportToken(tokenId, vocabulary) }
    if (row !== undefined) yield { ...token, ...reportRow(row, vocabulary, tokenLayerOf) }
    else if (position === 0 && isFirstUnscored) yield { ...token, logitsRow: null, depth: null, layers: null }
  }
}

function reportRow<T>(
  row: LensRow,
  vocabulary: Vocabulary,
  layerOf: (row: LensRow, layer: number, vocabulary: Vocabulary) => T,
) {
  return {
    logitsRow: row.logitsRow,
    depth: predictionDepth(row),
    layers: Array.from({ length: layerCount(row) }, (_, layer) => layerOf(row, layer, vocabulary)),
  }
}

function tokenLayerOf(row: LensRow, layer: number, vocabulary: Vocabulary): ReportedTokenLayer {
  const { entropyBits, klNats, top } = layerOf(row, layer, vocabulary)
  const logProb = elementAt(row.logProb, layer)
  return { logProb, rank: elementAt(row.rank, layer), entropyBits, klNats, top }
}

function layerOf(row: LensRow, layer: number, vocabulary: Vocabulary): ReportedLayer {
  return {
    entropyBits: elementAt(row.entropy, layer),
    klNats: elementAt(row.kl, layer),
    top: mostLikelyAt(row, layer, Infinity).map(({ tokenId, logProb }) => ({
      ...reportToken(tokenId, vocabulary),
      logProb,
    })),
  }
}
