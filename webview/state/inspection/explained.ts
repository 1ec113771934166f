import { isRecord } from '../../../src/shared/isRecord'
import type { Contrast } from '../../../src/shared/contracts/engine/explanation'

/** The token, its contrast and the layer that the views of the picked token explain. */
export interface Explained {
  /** Null for the token that stands there; for the `next` row, the most likely one. */
  readonly tokenId: number | null
  /** The contrast of the token's logit; null for the most likely other token. */
  readonly contrast: Contrast | null
  /** The layer that is shown, 0 for the embeddings, i + 1 for block i; null for the last one, the output. */
  readonly layer: number | null
}

/** The choice for a token that was just picked. */
export const OUTPUT_OF_TOKEN: Explained = { tokenId: null, contrast: null, layer: null }

/** Validates what an older version may have saved. */
export function parseExplained(value: unknown): Explained {
  if (!isRecord(value)) return OUTPUT_OF_TOKEN
  const { tokenId, contrast, layer } = value
  return { tokenId: indexOrNull(tokenId), contrast: parseContrast(contrast), layer: indexOrNull(layer) }
}

function parseContrast(value: unknown): Contrast | null {
  if (!isRecord(value)) return null
  const { kind, tokenId } = value
  if (kind === 'mean' || kind === 'nothing') return { kind }
  const id = indexOrNull(tokenId)
  return kind === 'token' && id !== null ? { kind, tokenId: id } : null
}

function indexOrNull(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null
}
