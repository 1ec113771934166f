import { NO_TARGET } from '../../shared/contracts/engine/engineApi'
import type { LensRow } from '../../shared/contracts/engine/explanation'
import { elementAt } from '../../shared/elementAt'
import { continuedModel } from '../../shared/text/modelText'
import type { ExplainedRows, Explanations } from './explanations'
import type { PreparedInspection } from '../windows/inspectDocument'
import type { SectionLens } from '../report/json/lensReport'
import { tokensToTrack, type TrackedRow } from '../report/json/logitLensKit'
import { START_TOKEN_ID } from '../../shared/contracts/engine/prediction'

export interface SectionLensRequest {
  readonly prepared: PreparedInspection
  /** Index of the section; default 0. */
  readonly section?: number
  /** Positions [from, end) of the section; its number of tokens is the position of the row after the last one. */
  readonly from: number
  readonly end: number
  /** The number of tokens listed at each layer, 1 to 100. */
  readonly topK: number
}

export interface SectionLensOptions {
  readonly signal?: AbortSignal
  /** Called with the number of computed rows. */
  readonly onProgress?: (rows: number) => void
}

/**
 * The logit lens of a section's tokens.
 * @throws what `Explanations.lens` throws
 */
export async function lensOfSection(
  explanations: Explanations,
  request: SectionLensRequest,
  { signal, onProgress }: SectionLensOptions = {},
): Promise<SectionLens> {
  const { prepared, section = 0, from, topK } = request
  const sequence = elementAt(prepared.sequences, section)
  const rows = new Map<number, LensRow>()
  const { inspection } = prepared
  let { model } = inspection
  await explanations.lens(explainedRows(request), {
    signal,
    onRows: (token, more) => {
      for (const [i, row] of more.entries()) rows.set(token + i - sequence.from, row)
      onProgress?.(rows.size)
    },
    onContinued: (by) => {
      model = continuedModel(inspection.model, by)
    },
  })
  return { inspection: { ...inspection, model }, section, from, rows, topK }
}

/**
 * The log-probabilities at every layer of all tokens that the rows of a lens list after any block.
 * @throws what `Explanations.lens` throws
 */
export async function trackTokens(
  explanations: Explanations,
  { request, lens }: { readonly request: SectionLensRequest; readonly lens: SectionLens },
  { signal, onProgress }: SectionLensOptions = {},
): Promise<readonly TrackedRow[]> {
  const { from, end } = request
  const { tokenIds, from: start } = elementAt(request.prepared.sequences, request.section ?? 0)
  const tracked = Array.from(lens.rows, ([position, row]) => ({
    position,
    inputId: tokenIds[start + position - 1] ?? START_TOKEN_ID,
    row,
    ids: tokensToTrack(row),
    tracked: new Map<number, Float32Array>(),
  }))
  const byPosition = new Map(tracked.map((entry) => [entry.position, entry]))
  const passes = Math.max(0, ...tracked.map(({ ids }) => ids.length))
  // The engine gives one token's log-probabilities for each row of a run; its residual rows are cached.
  for (let pass = 0; pass < passes; pass++) {
    const targets = Int32Array.from(
      { length: end - from },
      (_, i) => byPosition.get(from + i)?.ids[pass] ?? NO_TARGET,
    )
    await explanations.lens(
      { ...explainedRows(request), topK: 1, targets },
      {
        signal,
        onRows: (token, rows) => {
          for (const [i, { logProb }] of rows.entries()) {
            const position = token + i - start
            const id = targets[position - from] ?? NO_TARGET
            if (id !== NO_TARGET) byPosition.get(position)?.tracked.set(id, logProb)
          }
        },
      },
    )
    onProgress?.(((pass + 1) / passes) * tracked.length)
  }
  return tracked
}

function explainedRows({ prepared, section = 0, from, end, topK }: SectionLensRequest): ExplainedRows {
  const { tokenIds, from: start, to } = elementAt(prepared.sequences, section)
  const { startToken, model } = prepared.inspection
  return { tokenIds, to, startToken, model, from: start + from, end: start + end, topK }
}
