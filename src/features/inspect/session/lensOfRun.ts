import type { Explanations } from '../../../prediction/explain/explanations'
import { LENS_TOP_K, type LensRow } from '../../../shared/contracts/engine/explanation'
import type { ExplainedSide } from './explainedSide'

/** The positions [from, end) of the shown section. */
export interface Range {
  readonly from: number
  readonly end: number
}

export interface LensRowsOptions {
  readonly signal: AbortSignal
  /** Called with consecutive rows as they are computed, and the position of the first in the shown section. */
  readonly onRows: (position: number, rows: readonly LensRow[]) => void
}

/** Computes the lens of one side at positions of the shown section; positions that the side does not have are omitted. */
export async function computeLens(
  explanations: Pick<Explanations, 'lens'>,
  { request, from: first, positionOf }: ExplainedSide,
  { from, end, signal, onRows }: Range & LensRowsOptions,
): Promise<void> {
  const places = Array.from({ length: end - from }, (_, i) => positionOf(from + i))
  for (const range of consecutive(places)) {
    const shift = from + range.index - range.from
    await explanations.lens(
      {
        ...request,
        from: first + range.from,
        end: first + range.end,
        topK: Math.min(LENS_TOP_K, request.model.vocabularySize),
      },
      {
        signal,
        priority: 'interactive',
        onRows: (token, rows) => {
          onRows(token - first + shift, rows)
        },
      },
    )
  }
}

/** The ranges of consecutive items for which the condition holds. */
export function rangesOf<T>(items: readonly T[], holds: (item: T) => boolean): Range[] {
  return consecutive(items.map((item, i) => (holds(item) ? i : undefined)))
}

/** The ranges of consecutive numbers, and the index where each begins in the list. */
function consecutive(places: readonly (number | undefined)[]): (Range & { readonly index: number })[] {
  const ranges: { index: number; from: number; end: number }[] = []
  for (const [index, place] of places.entries()) {
    if (place === undefined) continue
    const last = ranges.at(-1)
    const continues = last !== undefined && last.end === place && last.index + last.end - last.from === index
    if (continues) last.end++
    else ranges.push({ index, from: place, end: place + 1 })
  }
  return ranges
}
