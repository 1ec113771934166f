import { elementAt } from '../shared/elementAt'
import type { MistakeSearch, SearchResult, SearchTarget } from './mistakeSearch'
import { isNearly } from './ranking'

/** Later rows may have this many times the residual: the noise of the arithmetic grows with the number of summed terms. */
const MAX_GROWTH = 4

/**
 * Whether the named mistakes explain further rows as well. A decision without a name, and one without further rows, stands.
 * @throws CancelledError
 */
export async function isVerified(
  search: MistakeSearch,
  { decision, best, withoutMistake }: SearchResult,
  target: SearchTarget,
): Promise<boolean> {
  if (decision.kind !== 'named' || best === undefined || target.rows.length === 0) return true
  const fit = await search.fitOn(best, target)
  const hasBias = decision.best.defects.includes('head-bias')
  if (hasBias && target.rows.length < 2) return true
  const residual = hasBias ? fit.rmsWithoutCommon : fit.rms
  const noise = Math.max(...target.noise.map((_, i) => elementAt(target.noise, i)))
  return residual <= MAX_GROWTH * decision.best.residualNats || isNearly(residual, { noise, withoutMistake })
}
