// Calls of the engine's lens, with defaults, and sums of an attribution.

import { type EngineApi, type LensRequest, NO_TARGET } from '../../../src/shared/contracts/engine/engineApi'
import type { Attribution, LensRow } from '../../../src/shared/contracts/engine/explanation'
import { elementAt } from '../../../src/shared/elementAt'

/** A request for all rows, each with the token after it as its target. */
export function lensOfEverything(tokenIds: Int32Array, changes: Partial<LensRequest> = {}): LensRequest {
  const { firstRow = 0, endRow = tokenIds.length } = changes
  const targets = Int32Array.of(...tokenIds.subarray(1), NO_TARGET).subarray(firstRow, endRow)
  return { tokenIds, firstRow, endRow, targets, topK: 5, priority: 'bulk', ...changes }
}

/** Collects all rows of a request. */
export async function lens(
  engine: EngineApi,
  request: LensRequest,
): Promise<{ rows: LensRow[]; computedPositions: number }> {
  const rows: LensRow[] = []
  const { computedPositions } = await engine.lens(request, {
    onProgress: (progress) => {
      if (progress.kind === 'rows') rows.push(...progress.rows)
    },
  })
  return { rows, computedPositions }
}

/** How far an attribution's sums are from the wholes: the total, and each layer's attention. */
export function sumErrors(attribution: Attribution): number[] {
  const { total, wte, wpe, lnF, attention, attentionBias, mlp, sources } = attribution
  const parts = [wte, wpe, lnF, ...attention, ...mlp]
  const perLayer = sources.length / attention.length
  const heads = Array.from(attention, (whole, layer) => {
    const ofLayer = sources.subarray(layer * perLayer, (layer + 1) * perLayer)
    return sum([...ofLayer, elementAt(attentionBias, layer)]) - whole
  })
  return [sum(parts) - total, ...heads].map(Math.abs)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
