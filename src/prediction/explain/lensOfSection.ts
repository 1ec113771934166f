import type { LensRow } from '../../shared/contracts/engine/explanation'
import { elementAt } from '../../shared/elementAt'
import { continuedModel } from '../../shared/text/modelText'
import type { ExplainedRows, Explanations } from './explanations'
import type { PreparedInspection } from '../windows/inspectDocument'
import type { SectionLens } from '../report/json/lensReport'

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

function explainedRows({ prepared, section = 0, from, end, topK }: SectionLensRequest): ExplainedRows {
  const { tokenIds, from: start, to } = elementAt(prepared.sequences, section)
  const { startToken, model } = prepared.inspection
  return { tokenIds, to, startToken, model, from: start + from, end: start + end, topK }
}
