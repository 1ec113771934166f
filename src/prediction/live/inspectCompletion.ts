import { concatBytes } from '../../shared/bytes'
import type { GenerationCandidate, Inspection, Section } from '../../shared/contracts/panel/inspection'
import type { ModelInfo, Token } from '../../shared/contracts/engine/prediction'
import { elementAt } from '../../shared/elementAt'
import type { Vocabulary } from '../../shared/text/vocabulary'
import { rangesOfTokens } from '../../tokenizer/byteRanges'
import type { Completion, CompletionCandidate } from './completion'
import { CONTEXT_EXCERPT_UNITS, type PreparedInspection } from '../windows/inspectDocument'

/** The place at which a completion was requested. */
export interface CompletionPlace {
  readonly documentUri: string
  readonly documentName: string
  /** UTF-16 offset of the cursor in the document. */
  readonly offset: number
  /** The cursor's line, counted from 1. */
  readonly line: number
}

/**
 * Prepares an inspection of a completion's own tokens, with one section for each candidate. A section has exactly the
 * context of the completion's run, so its distributions are those that the candidate was drawn from.
 */
export function prepareCompletion(
  completion: Completion,
  { documentUri, documentName, line }: CompletionPlace,
  id: string,
  topK: number,
): PreparedInspection {
  const { request, sampling, model, vocabulary, contextTokenIds, typed, candidates } = completion
  const { startToken, seed } = request
  const from = contextTokenIds.length
  const sections = candidates.map((candidate) => sectionOf(candidate, completion, line))
  const inspection: Inspection = {
    id,
    documentUri,
    documentName,
    model,
    startToken,
    context: 'document',
    topK,
    sections,
    state: { kind: 'running' },
    generation: {
      sampling,
      seed,
      typed: [...typed],
      candidates: candidates.map((candidate) => generationOf(candidate, typed.length, vocabulary)),
    },
  }
  const sequences = candidates.map(({ tokenIds }) => ({
    tokenIds: Int32Array.from([...contextTokenIds, ...tokenIds]),
    from,
    to: from + tokenIds.length,
  }))
  return { inspection, sequences }
}

/** A copy without predictions, to be run again with the given model. */
export function renewInspection(
  { inspection, sequences }: PreparedInspection,
  id: string,
  model: ModelInfo,
): PreparedInspection {
  const sections = inspection.sections.map((section) => ({ ...section, predictions: [], next: null }))
  return { inspection: { ...inspection, id, model, sections, state: { kind: 'running' } }, sequences }
}

function sectionOf(
  { tokenIds }: CompletionCandidate,
  { request, vocabulary, contextTokenIds, typedStart }: Completion,
  line: number,
): Section {
  const tokens = tokensFromBeginning(tokenIds, vocabulary)
  return {
    range: { start: 0, end: tokens.at(-1)?.range.end ?? 0 },
    lines: { first: line, last: line },
    contextTokens: contextTokenIds.length,
    contextExcerpt:
      contextTokenIds.length === 0
        ? ''
        : request.text.slice(Math.max(0, typedStart - CONTEXT_EXCERPT_UNITS), typedStart),
    loneSurrogates: 0,
    tokens,
    windows: 1,
    predictions: [],
    next: null,
  }
}

function tokensFromBeginning(tokenIds: Int32Array, vocabulary: Vocabulary): Token[] {
  const bytes = Array.from(tokenIds, (tokenId) => vocabulary.bytesOf(tokenId))
  // Invalid bytes are decoded as U+FFFD, which has at least as many bytes.
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(concatBytes(bytes))
  const { starts, ends, partials } = rangesOfTokens(
    text,
    bytes.map(({ length }) => length),
  )
  return Array.from(tokenIds, (tokenId, i) => ({
    tokenId,
    range: { start: elementAt(starts, i), end: elementAt(ends, i) },
    partial: partials[i] === 1,
  }))
}

function generationOf(
  { tokenIds, logProb }: CompletionCandidate,
  typedBytes: number,
  vocabulary: Vocabulary,
): GenerationCandidate {
  let covered = 0
  let typedTokens = 0
  for (const tokenId of tokenIds) {
    if (covered >= typedBytes) break
    covered += vocabulary.bytesOf(tokenId).length
    typedTokens++
  }
  return { probability: Math.exp(logProb), typedTokens }
}
