import { type SampledDistribution, sampleDistribution, type SamplingSettings, SortedLogits } from './sampling'

/** What would be drawn if only these tokens could be: `logits` [V], `tokenIds` ascending. */
export function sampleAmong(
  logits: Float32Array,
  tokenIds: Uint32Array,
  settings: SamplingSettings,
): SampledDistribution {
  const places = new Map(Array.from(tokenIds, (tokenId, place) => [tokenId, place]))
  const allowed = new SortedLogits(Float32Array.from(tokenIds, (tokenId) => logits[tokenId]))
  const { probabilityOf, tokenAt, ...distribution } = sampleDistribution(allowed, settings)
  return {
    ...distribution,
    probabilityOf: (tokenId) => {
      const place = places.get(tokenId)
      return place === undefined ? 0 : probabilityOf(place)
    },
    tokenAt: (point) => tokenIds[tokenAt(point)],
  }
}
